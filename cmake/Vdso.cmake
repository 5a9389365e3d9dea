# vDSOs of guests: small shared objects of the guest's own kind, which the image holds as bytes.
#
# Only the assembler and the linker are asked for 32-bit code; no 32-bit library is.

set(vdso32_folder ${CMAKE_SOURCE_DIR}/syscalls/linux-i386/vdso)
set(vdso32 ${CMAKE_BINARY_DIR}/generated/vdso32.so)
add_custom_command(
  OUTPUT ${vdso32}
  COMMAND ${CMAKE_C_COMPILER} -m32 -nostdlib -shared -I${CMAKE_SOURCE_DIR} -Wl,-T,${vdso32_folder}/vdso32.lds
          -Wl,-soname=linux-gate.so.1 -Wl,--hash-style=both -Wl,--build-id=sha1 -Wl,--eh-frame-hdr -Wl,-Bsymbolic
          -Wl,-z,noexecstack -Wl,--no-undefined -Wl,-s ${vdso32_folder}/vdso32.S -o ${vdso32}
  DEPENDS ${vdso32_folder}/vdso32.S ${vdso32_folder}/vdso32.lds ${CMAKE_SOURCE_DIR}/syscalls/entry/gate32.h
  COMMENT "Linking the 32-bit vDSO"
  VERBATIM)
set_source_files_properties(${vdso32_folder}/vdso_image.S PROPERTIES
  OBJECT_DEPENDS ${vdso32} COMPILE_DEFINITIONS VDSO32="${vdso32}")

set(vdsox32_folder ${CMAKE_SOURCE_DIR}/syscalls/linux-x32/vdso)
set(vdsox32 ${CMAKE_BINARY_DIR}/generated/vdsox32.so)
add_custom_command(
  OUTPUT ${vdsox32}
  COMMAND ${CMAKE_C_COMPILER} -mx32 -nostdlib -shared -Wl,-T,${vdsox32_folder}/vdsox32.lds
          -Wl,-soname=linux-vdso.so.1 -Wl,--hash-style=both -Wl,--build-id=sha1 -Wl,--eh-frame-hdr -Wl,-Bsymbolic
          -Wl,-z,noexecstack -Wl,--no-undefined -Wl,-s ${vdsox32_folder}/vdsox32.S -o ${vdsox32}
  DEPENDS ${vdsox32_folder}/vdsox32.S ${vdsox32_folder}/vdsox32.lds
  COMMENT "Linking the x32 vDSO"
  VERBATIM)
set_source_files_properties(${vdsox32_folder}/vdso_image.S PROPERTIES
  OBJECT_DEPENDS ${vdsox32} COMPILE_DEFINITIONS VDSOX32="${vdsox32}")
