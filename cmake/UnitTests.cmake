# Unit tests: one program per tests/unit/test_*.c (Check), linked with both
# halves compiled as ordinary C, so that sanitizers and coverage see them.

file(GLOB unit_tests CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/unit/test_*.c)
file(GLOB unit_helpers CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/unit/*.c)
list(FILTER unit_helpers EXCLUDE REGEX "/test_[^/]*\\.c$")

# Tests of what the build itself runs: plain Python, no C.
find_package(Python3 REQUIRED COMPONENTS Interpreter)
file(GLOB python_tests CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/unit/test_*.py)
foreach(source IN LISTS python_tests)
  get_filename_component(name ${source} NAME_WE)
  add_test(NAME unit/${name} COMMAND ${Python3_EXECUTABLE} -B ${source} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(unit/${name} PROPERTIES TIMEOUT 60)
endforeach()

include(Instrumented)

if(unit_tests)
  find_package(PkgConfig REQUIRED)
  pkg_check_modules(check REQUIRED IMPORTED_TARGET check)
endif()

foreach(source IN LISTS unit_tests)
  get_filename_component(name ${source} NAME_WE)
  add_executable(${name} ${source} ${unit_helpers})
  target_compile_options(${name} PRIVATE ${cold_flags} ${DRAGOMAN_INSTRUMENT})
  target_compile_definitions(${name} PRIVATE ${cold_definitions})
  target_link_options(${name} PRIVATE -no-pie ${DRAGOMAN_INSTRUMENT})
  target_link_libraries(${name} PRIVATE ${instrumented_libraries} PkgConfig::check)
  set_target_properties(${name} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests/unit)
  add_test(NAME unit/${name} COMMAND ${name} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(unit/${name} PROPERTIES TIMEOUT 120)
endforeach()
