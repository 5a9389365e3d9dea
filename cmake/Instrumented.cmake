# Both halves as archives of ordinary C, with DRAGOMAN_INSTRUMENT, for unit
# tests and fuzz targets. Sets instrumented_libraries.
#
# base/mem.c stays out: the C library's mem* serve here, and the sanitizers
# replace those. Everything comes from archives, so that a test draws in only
# what it uses; what it replaces it defines itself.

include_guard()

set(instrumented_hot ${hot_sources} ${generated_sources})
list(REMOVE_ITEM instrumented_hot ${CMAKE_SOURCE_DIR}/base/mem.c)
set(instrumented_libraries)

if(instrumented_hot)
  add_library(hot_instrumented STATIC ${instrumented_hot})
  add_dependencies(hot_instrumented generated)
  set_target_properties(hot_instrumented PROPERTIES LINKER_LANGUAGE C)
  target_compile_options(hot_instrumented PRIVATE $<$<COMPILE_LANGUAGE:C>:${common_flags}
    -ffreestanding -fno-strict-aliasing ${DRAGOMAN_INSTRUMENT}>)
  list(APPEND instrumented_libraries hot_instrumented)
endif()

if(cold_sources)
  add_library(cold_instrumented STATIC ${cold_sources})
  add_dependencies(cold_instrumented generated)
  target_compile_options(cold_instrumented PRIVATE $<$<COMPILE_LANGUAGE:C>:${cold_flags}
    ${DRAGOMAN_INSTRUMENT}>)
  target_compile_definitions(cold_instrumented PRIVATE ${cold_definitions})
  list(APPEND instrumented_libraries cold_instrumented)
endif()

# The unpacking tool's parts, but for its main() and what calls libarchive.
file(GLOB unpack_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/instance/unpack/*.c)
list(FILTER unpack_sources EXCLUDE REGEX "/(main|archive|acl)\\.c$")
if(unpack_sources)
  add_library(unpack_instrumented STATIC ${unpack_sources})
  target_compile_options(unpack_instrumented PRIVATE $<$<COMPILE_LANGUAGE:C>:${cold_flags}
    ${DRAGOMAN_INSTRUMENT}>)
  target_compile_definitions(unpack_instrumented PRIVATE ${cold_definitions})
  list(APPEND instrumented_libraries unpack_instrumented)
endif()

list(APPEND instrumented_libraries filter_table)

# The halves call each other.
if(instrumented_libraries)
  set(instrumented_libraries -Wl,--start-group ${instrumented_libraries} -Wl,--end-group
      elf z capstone)
endif()
