# C made from the tables in compat-db/syscalls: dispatch, prototypes, trace decoder.

set(generated_dir ${CMAKE_BINARY_DIR}/generated)
set(generated_sources)
set(generator ${CMAKE_SOURCE_DIR}/compat-db/generate.py)
set(freebsd_table ${CMAKE_SOURCE_DIR}/compat-db/syscalls/freebsd.tbl)

if(EXISTS ${generator} AND EXISTS ${freebsd_table})
  find_package(Python3 REQUIRED COMPONENTS Interpreter)
  file(MAKE_DIRECTORY ${generated_dir})
  set(generated_sources ${generated_dir}/freebsd_syscalls.c)
  file(GLOB generator_parts CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/compat-db/*.py)
  add_custom_command(
    OUTPUT ${generated_sources} ${generated_dir}/freebsd_syscalls.h
    COMMAND ${Python3_EXECUTABLE} ${generator} ${freebsd_table} ${generated_dir}
    DEPENDS ${generator_parts} ${freebsd_table}
    COMMENT "Generating the FreeBSD system call table"
    VERBATIM)
  include_directories(${generated_dir})
endif()

add_custom_target(generated DEPENDS ${generated_sources})
