# build/dragoman: the hot half partially linked on its own, then the whole,
# static, at a fixed address.

# Everything of the image lies in [image_base, image_end): a seccomp filter by
# instruction pointer, inherited across exec, knows this range as a constant.
set(image_base 0x7c000000)
set(image_end 0x7f000000)
# What a guest's start touches lies together (`./dev order` writes it).
set(start_order ${CMAKE_SOURCE_DIR}/cmake/start-order/start-order.ld)

find_package(PkgConfig REQUIRED)
include(LibcStart)

set(hot_all ${hot_sources} ${generated_sources})
set(hot_allow ${CMAKE_SOURCE_DIR}/syscalls/entry/hot-undefined.allow)
if(hot_all)
  add_library(hot_objects OBJECT ${hot_all})
  add_dependencies(hot_objects generated)
  target_compile_options(hot_objects PRIVATE
    $<$<COMPILE_LANGUAGE:C>:${hot_flags}> $<$<COMPILE_LANGUAGE:ASM>:-Wall>)

  # The hot half's mem* functions must not shadow glibc's for the cold half
  # (and glibc's use vector registers, so must not serve the hot one).
  set(hot_object ${CMAKE_BINARY_DIR}/hot.o)
  set(hot_check ${CMAKE_SOURCE_DIR}/cmake/check-hot-symbols)
  # It takes its name only when it has passed: a refused one must not look built.
  add_custom_command(
    OUTPUT ${hot_object}
    COMMAND ${CMAKE_LINKER} -r -o ${hot_object}.unchecked $<TARGET_OBJECTS:hot_objects>
    COMMAND ${CMAKE_OBJCOPY} --localize-symbol=memcpy --localize-symbol=memset
            --localize-symbol=memmove --localize-symbol=memcmp ${hot_object}.unchecked
    COMMAND ${hot_check} ${CMAKE_NM} ${hot_object}.unchecked ${hot_allow}
    COMMAND ${CMAKE_COMMAND} -E rename ${hot_object}.unchecked ${hot_object}
    DEPENDS hot_objects $<TARGET_OBJECTS:hot_objects> ${hot_check} ${hot_allow}
    COMMAND_EXPAND_LISTS
    COMMENT "Linking the hot half on its own"
    VERBATIM)
  set_source_files_properties(${hot_object} PROPERTIES EXTERNAL_OBJECT TRUE GENERATED TRUE)
  # Before the way in exists (syscalls/entry) the half is compiled, not linked.
  if(EXISTS ${hot_allow})
    add_custom_target(hot ALL DEPENDS ${hot_object})
  endif()
endif()

if(EXISTS ${main_source} AND TARGET hot)
  # Static archives, by name: find_library would take the shared ones first.
  find_library(elf_archive libelf.a REQUIRED)
  find_library(zlib_archive libz.a REQUIRED)
  find_library(capstone_archive libcapstone.a REQUIRED)
  set(cold_archives ${elf_archive} ${zlib_archive} ${capstone_archive})

  set(dragoman_cold ${cold_sources})
  if(NOT DRAGOMAN_SHORT_LIBC_START)
    list(REMOVE_ITEM dragoman_cold ${libc_start_source})
  endif()
  add_executable(dragoman ${main_source} ${dragoman_cold} ${hot_object})
  add_dependencies(dragoman generated)
  target_compile_options(dragoman PRIVATE $<$<COMPILE_LANGUAGE:C>:${cold_flags}>)
  target_compile_definitions(dragoman PRIVATE ${cold_definitions})
  target_link_options(dragoman PRIVATE
    -static -no-pie -Wl,-Ttext-segment=${image_base} -Wl,--build-id -Wl,-z,noexecstack ${libc_start_options}
    -Wl,-T,${start_order} -Wl,-Map=${CMAKE_BINARY_DIR}/dragoman.map) # the map is for `./dev order`
  set_target_properties(dragoman PROPERTIES LINK_DEPENDS ${start_order})
  target_link_libraries(dragoman PRIVATE ${cold_archives})
  add_dependencies(dragoman hot)
  add_custom_command(TARGET dragoman POST_BUILD
    COMMAND ${CMAKE_SOURCE_DIR}/cmake/check-image ${CMAKE_READELF} $<TARGET_FILE:dragoman>
            ${image_base} ${image_end}
    COMMAND ${CMAKE_COMMAND} -E create_symlink dragoman ${CMAKE_BINARY_DIR}/go_freebsd_amd64_exec
    VERBATIM)
endif()
