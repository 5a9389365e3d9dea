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
