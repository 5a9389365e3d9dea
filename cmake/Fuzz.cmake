# One libFuzzer program per tests/fuzz/fuzz_*.c: build/fuzz/fuzz_NAME.

if(NOT CMAKE_C_COMPILER_ID STREQUAL "Clang")
  message(FATAL_ERROR "fuzz targets need clang (cmake --preset fuzz)")
endif()
include(Instrumented)

file(GLOB fuzz_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/fuzz/fuzz_*.c)
foreach(source IN LISTS fuzz_sources)
  get_filename_component(name ${source} NAME_WE)
  add_executable(${name} ${source})
  target_compile_options(${name} PRIVATE ${cold_flags} ${DRAGOMAN_INSTRUMENT})
  target_compile_definitions(${name} PRIVATE ${cold_definitions})
  target_link_options(${name} PRIVATE -no-pie -fsanitize=fuzzer ${DRAGOMAN_INSTRUMENT})
  target_link_libraries(${name} PRIVATE ${instrumented_libraries})
endforeach()
