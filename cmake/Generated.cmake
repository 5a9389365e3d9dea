# C made from the tables in compat-db/syscalls: dispatch, prototypes, trace decoder.

set(generated_dir ${CMAKE_BINARY_DIR}/generated)
set(generated_sources)      # hot half
set(generated_cold_sources) # cold half: the table as text, for `dragoman db`
set(generator ${CMAKE_SOURCE_DIR}/compat-db/generate.py)
set(freebsd_table ${CMAKE_SOURCE_DIR}/compat-db/syscalls/freebsd.tbl)

# The wrappers call the engine, so there is nothing to compile before it is there.
if(EXISTS ${CMAKE_SOURCE_DIR}/process/thread.h)
  find_package(Python3 REQUIRED COMPONENTS Interpreter)
  file(MAKE_DIRECTORY ${generated_dir})
  set(generated_sources ${generated_dir}/freebsd_syscalls.c)
  set(generated_cold_sources ${generated_dir}/freebsd_syscalls_db.c)
  file(GLOB_RECURSE generator_parts CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/compat-db/*.py)
  add_custom_command(
    OUTPUT ${generated_sources} ${generated_cold_sources}
           ${generated_dir}/freebsd_syscalls.h ${generated_dir}/freebsd_rows.h
           ${generated_dir}/freebsd.md ${generated_dir}/freebsd.json
    COMMAND ${Python3_EXECUTABLE} ${generator} ${freebsd_table} ${generated_dir}
    DEPENDS ${generator_parts} ${freebsd_table}
    COMMENT "Generating the FreeBSD system call table"
    VERBATIM)
  include_directories(${generated_dir})
  list(APPEND cold_sources ${generated_cold_sources})
endif()

add_custom_target(generated DEPENDS ${generated_sources} ${generated_cold_sources})
