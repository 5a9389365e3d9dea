# Which file belongs to which half.
#
# hot_sources   base vfs signals process syscalls, without *_cold.c
# cold_sources  loader instance cli compat-db and every *_cold.c; main() apart
# Helper programs (cli/fault-report, cli/libexec/*, the folders of instance) are neither.

set(hot_folders base vfs signals process syscalls)
set(cold_folders loader instance cli compat-db)

set(hot_globs)
set(cold_globs)
foreach(folder IN LISTS hot_folders)
  list(APPEND hot_globs ${CMAKE_SOURCE_DIR}/${folder}/*.c ${CMAKE_SOURCE_DIR}/${folder}/*.S)
  list(APPEND cold_globs ${CMAKE_SOURCE_DIR}/${folder}/*_cold.c)
endforeach()
foreach(folder IN LISTS cold_folders)
  list(APPEND cold_globs ${CMAKE_SOURCE_DIR}/${folder}/*.c)
endforeach()

file(GLOB_RECURSE hot_sources CONFIGURE_DEPENDS ${hot_globs})
file(GLOB_RECURSE cold_sources CONFIGURE_DEPENDS ${cold_globs})
list(FILTER hot_sources EXCLUDE REGEX "_cold\\.c$")
list(FILTER hot_sources EXCLUDE REGEX "/vdso/vdso[^/]*32\\.S$") # programs of their own: Vdso.cmake
list(FILTER cold_sources EXCLUDE REGEX "/cli/(fault-report|libexec)/")
list(FILTER cold_sources EXCLUDE REGEX "/instance/[^/]+/")
list(FILTER cold_sources EXCLUDE REGEX "/cli/main\\.c$")

set(main_source ${CMAKE_SOURCE_DIR}/cli/main.c)
