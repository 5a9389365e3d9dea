# Whether loader/libc_start.c works with the libc at hand: sets libc_start_options, empty where it does not.
# It relies on glibc's inner names, so it is tried, not assumed.

set(libc_start_source ${CMAKE_SOURCE_DIR}/loader/libc_start.c)
# Until its relocations are done it must not call libc, neither by way of the compiler nor for the stack protector.
set(libc_start_flags -fno-builtin -fno-stack-protector)
if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
  list(APPEND libc_start_flags -fno-tree-loop-distribute-patterns)
endif()
set_source_files_properties(${libc_start_source} PROPERTIES COMPILE_OPTIONS "${libc_start_flags}")

if(NOT DEFINED DRAGOMAN_SHORT_LIBC_START)
  set(tried ${CMAKE_BINARY_DIR}/CMakeFiles/libc-start)
  file(MAKE_DIRECTORY ${tried})
  # Compiled here, not by try_run: that takes no options per source.
  set(program ${tried}/try)
  execute_process(
    COMMAND ${CMAKE_C_COMPILER} -O2 -std=gnu17 -D_GNU_SOURCE -fno-pic -fno-pie -static -no-pie -Wl,-e,libc_start
            ${libc_start_flags} -I${CMAKE_SOURCE_DIR} -o ${program}
            ${libc_start_source} ${CMAKE_SOURCE_DIR}/cmake/libc-start-try.c
    RESULT_VARIABLE linked OUTPUT_FILE ${tried}/log ERROR_FILE ${tried}/log)
  set(said "")
  if(linked EQUAL 0)
    execute_process(COMMAND ${program} run RESULT_VARIABLE status OUTPUT_VARIABLE said ERROR_QUIET TIMEOUT 20)
    execute_process(COMMAND ${program} other RESULT_VARIABLE status OUTPUT_VARIABLE said_other ERROR_QUIET TIMEOUT 20)
  endif()
  if(said STREQUAL "short\n" AND said_other STREQUAL "whole\n")
    set(works ON)
  else()
    set(works OFF)
  endif()
  message(STATUS "Short start of libc: ${works}")
  set(DRAGOMAN_SHORT_LIBC_START ${works} CACHE BOOL "Begin guests by loader/libc_start.c instead of glibc's start")
endif()

set(libc_start_options)
if(DRAGOMAN_SHORT_LIBC_START)
  set(libc_start_options -Wl,-e,libc_start)
endif()
