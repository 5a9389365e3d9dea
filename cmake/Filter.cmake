# The seccomp filter of instances: made at build time of instance/filter/table.c, by libseccomp. What is linked is data.

find_path(seccomp_include seccomp.h REQUIRED)
find_library(seccomp_library seccomp REQUIRED)

set(filter_folder ${CMAKE_SOURCE_DIR}/instance/filter)
add_executable(generate-filter ${filter_folder}/generate.c ${filter_folder}/table.c)
target_compile_options(generate-filter PRIVATE ${cold_flags})
target_compile_definitions(generate-filter PRIVATE ${cold_definitions})
target_include_directories(generate-filter PRIVATE ${seccomp_include})
target_link_options(generate-filter PRIVATE -no-pie)
target_link_libraries(generate-filter PRIVATE ${seccomp_library})
set_target_properties(generate-filter PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${generated_dir})

# For whoever runs guests in an instance: link it.
set(instance_filter_source ${generated_dir}/instance_filter.c)
add_custom_command(
  OUTPUT ${instance_filter_source}
  COMMAND generate-filter > ${instance_filter_source}.new
  COMMAND ${CMAKE_COMMAND} -E rename ${instance_filter_source}.new ${instance_filter_source}
  DEPENDS generate-filter
  COMMENT "Generating the seccomp filter of instances"
  VERBATIM)
list(APPEND cold_sources ${instance_filter_source})
add_custom_target(filter DEPENDS ${instance_filter_source})

# The unit test compares the two.
add_library(filter_table STATIC ${filter_folder}/table.c)
target_compile_options(filter_table PRIVATE ${cold_flags})
target_compile_definitions(filter_table PRIVATE ${cold_definitions})
