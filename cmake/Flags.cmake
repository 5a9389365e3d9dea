# Compiler options of the two halves.

set(warning_flags -Wall -Wextra)
if(DRAGOMAN_WERROR)
  list(APPEND warning_flags -Werror)
endif()

# No position-independent code anywhere: the image stands at one fixed address
# below 2 GB, so absolute 32-bit addressing is right and relocation costs nothing.
# A section for each function and variable: the image is laid out by what a start touches (cmake/start-order).
set(common_flags -std=gnu17 -fno-pic -fno-pie -ffunction-sections -fdata-sections ${warning_flags})

# -mgeneral-regs-only: the guest's vector registers are never touched, so never saved.
# -fno-stack-protector: the canary lies behind FS, which is the guest's.
# -fno-strict-aliasing: the same guest bytes are seen through several structures.
# -ffreestanding implies -fno-builtin; the compiler may still emit calls of
# memcpy, memset, memmove and memcmp, which base/mem.c provides.
set(hot_flags ${common_flags}
  -ffreestanding -mgeneral-regs-only -fno-stack-protector -fcf-protection=none
  -fno-strict-aliasing -fno-asynchronous-unwind-tables -U_FORTIFY_SOURCE
  # Without vector registers it makes two adjacent bytes one 16-bit constant in memory: a page more for a fork's child.
  -fno-tree-slp-vectorize)

set(cold_flags ${common_flags})
set(cold_definitions _GNU_SOURCE DRAGOMAN_VERSION="${PROJECT_VERSION}")

# Only base/mem.c: without it, gcc turns the loop inside memcpy into a call of memcpy.
# (clang understands -fno-builtin for the same end.)
if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
  set(mem_flags -fno-tree-loop-distribute-patterns)
else()
  set(mem_flags -fno-builtin)
endif()
set_source_files_properties(${CMAKE_SOURCE_DIR}/base/mem.c PROPERTIES COMPILE_OPTIONS "${mem_flags}")

# NDEBUG is never set: assertions of the cold half stay.
set(CMAKE_C_FLAGS_RELWITHDEBINFO "-O2 -g")
set(CMAKE_C_FLAGS_RELEASE "-O2 -g")
set(CMAKE_C_FLAGS_DEBUG "-O0 -g")

include_directories(${CMAKE_SOURCE_DIR})
