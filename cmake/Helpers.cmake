# Helper programs: build/libexec/dragoman/NAME, found relative to /proc/self/exe.
# They are separate because they need libraries or an address space of their own.

set(libexec_dir ${CMAKE_BINARY_DIR}/libexec/dragoman)

# helper_program(NAME FOLDER [LIBRARIES...]): one static program from FOLDER/*.c
function(helper_program name folder)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${folder}/*.c)
  if(NOT sources)
    return()
  endif()
  add_executable(${name} ${sources})
  target_compile_options(${name} PRIVATE ${cold_flags})
  target_compile_definitions(${name} PRIVATE ${cold_definitions})
  target_link_options(${name} PRIVATE -static -no-pie)
  target_link_libraries(${name} PRIVATE ${ARGN})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${libexec_dir})
  set_property(GLOBAL APPEND PROPERTY dragoman_helpers ${name})
endfunction()

# The fault report: libunwind over another process's memory, symbols with libelf. It stands in the engine's own
# range, so that a seccomp filter by instruction pointer that a guest is under lets it run too.
helper_program(fault-report cli/fault-report
  unwind-ptrace unwind-x86_64 unwind elf lzma z capstone)
if(TARGET fault-report AND DEFINED image_base)
  target_link_options(fault-report PRIVATE -Wl,-Ttext-segment=${image_base})
endif()

# Unpacking archives: libarchive, of which only tar and the filters are taken, with what these need.
helper_program(unpack instance/unpack archive lzma zstd lz4 bz2 z)
if(TARGET unpack)
  target_sources(unpack PRIVATE ${CMAKE_SOURCE_DIR}/vfs/metadata_text.c ${CMAKE_SOURCE_DIR}/vfs/metadata_names.c
    ${CMAKE_SOURCE_DIR}/instance/remove.c
    ${CMAKE_SOURCE_DIR}/instance/json.c ${CMAKE_SOURCE_DIR}/instance/sha256.c)
endif()

# The keeper of isolated worlds, with what it shares with the commands.
helper_program(keeper instance/keeper)
if(TARGET keeper)
  foreach(shared cgroup cgroup_find channel children complain confine disk disk_nameless idmaps inside landlock level limits mark pack
      plan_pack record remove userns users)
    target_sources(keeper PRIVATE ${CMAKE_SOURCE_DIR}/instance/${shared}.c)
  endforeach()
  # Begun as dragoman itself is: an isolated run waits for both.
  if(DRAGOMAN_SHORT_LIBC_START)
    target_sources(keeper PRIVATE ${libc_start_source})
    target_link_options(keeper PRIVATE ${libc_start_options})
  endif()
  target_sources(keeper PRIVATE ${instance_filter_source} ${CMAKE_SOURCE_DIR}/vfs/metadata_text.c)
  add_dependencies(keeper filter)
endif()

# Packing, which has some of its parts in common.
helper_program(pack instance/packer archive lzma zstd lz4 bz2 z)
if(TARGET pack)
  target_sources(pack PRIVATE ${CMAKE_SOURCE_DIR}/vfs/metadata_text.c ${CMAKE_SOURCE_DIR}/vfs/metadata_names.c ${CMAKE_SOURCE_DIR}/instance/unpack/acl.c
    ${CMAKE_SOURCE_DIR}/instance/unpack/say.c)
endif()

file(GLOB helper_folders CONFIGURE_DEPENDS LIST_DIRECTORIES true ${CMAKE_SOURCE_DIR}/cli/libexec/*)
foreach(folder IN LISTS helper_folders)
  if(IS_DIRECTORY ${folder})
    get_filename_component(name ${folder} NAME)
    helper_program(${name} cli/libexec/${name} elf z)
  endif()
endforeach()
