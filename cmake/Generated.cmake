# C made from the tables in compat-db/syscalls: dispatch, prototypes, trace decoder.

set(generated_dir ${CMAKE_BINARY_DIR}/generated)
set(generated_sources)      # hot half
set(generated_cold_sources) # cold half: the tables as text, for `dragoman db`
set(generator ${CMAKE_SOURCE_DIR}/compat-db/generate.py)
file(GLOB syscall_tables CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/compat-db/syscalls/*.tbl)
file(GLOB_RECURSE generator_parts CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/compat-db/*.py)

find_package(Python3 REQUIRED COMPONENTS Interpreter)
file(MAKE_DIRECTORY ${generated_dir})
include_directories(${generated_dir})

foreach(table ${syscall_tables})
  get_filename_component(personality ${table} NAME_WE)
  string(REPLACE - _ prefix ${personality})
  add_custom_command(
    OUTPUT ${generated_dir}/${prefix}_syscalls.c ${generated_dir}/${prefix}_syscalls_db.c
           ${generated_dir}/${prefix}_syscalls.h ${generated_dir}/${prefix}_rows.h
           ${generated_dir}/${personality}.md ${generated_dir}/${personality}.json
    COMMAND ${Python3_EXECUTABLE} ${generator} ${table} ${generated_dir}
    DEPENDS ${generator_parts} ${table}
    COMMENT "Generating the system call table of ${personality}"
    VERBATIM)
  list(APPEND generated_sources ${generated_dir}/${prefix}_syscalls.c)
  list(APPEND generated_cold_sources ${generated_dir}/${prefix}_syscalls_db.c)
endforeach()
list(APPEND cold_sources ${generated_cold_sources})

add_custom_target(generated DEPENDS ${generated_sources} ${generated_cold_sources})
