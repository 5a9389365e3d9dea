# cmake --install, and the relocatable tarball.

if(TARGET dragoman)
  install(TARGETS dragoman RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  # A symbolic link, by which go finds it (loader/start.h, GO_RUNNER).
  install(PROGRAMS ${CMAKE_BINARY_DIR}/go_freebsd_amd64_exec DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
get_property(helpers GLOBAL PROPERTY dragoman_helpers)
if(helpers)
  install(TARGETS ${helpers} RUNTIME DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/dragoman)
endif()
install(CODE "set(unit_source \"${CMAKE_SOURCE_DIR}/systemd/dragoman@.service.in\")
  set(unit_bindir \"${CMAKE_INSTALL_BINDIR}\")
  set(unit_datadir \"${CMAKE_INSTALL_DATADIR}\")")
install(SCRIPT ${CMAKE_SOURCE_DIR}/cmake/InstallUnit.cmake)
file(GLOB manuals CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/man/*.1)
install(FILES ${manuals} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
foreach(document README.md HACKING.md)
  if(EXISTS ${CMAKE_SOURCE_DIR}/${document})
    install(FILES ${CMAKE_SOURCE_DIR}/${document} DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/dragoman)
  endif()
endforeach()
file(GLOB documents CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/doc/*.md)
install(FILES ${documents} DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/dragoman/doc)
install(FILES ${CMAKE_SOURCE_DIR}/LICENSE
        DESTINATION ${CMAKE_INSTALL_DATADIR}/licenses/dragoman)
if(EXISTS ${CMAKE_SOURCE_DIR}/compat-db/syscalls)
  install(DIRECTORY ${CMAKE_SOURCE_DIR}/compat-db/syscalls
          DESTINATION ${CMAKE_INSTALL_DATADIR}/dragoman/compat-db
          FILES_MATCHING PATTERN "*.tbl")
endif()
if(TARGET dragoman)
  foreach(table ${syscall_tables})
    get_filename_component(personality ${table} NAME_WE)
    install(FILES ${generated_dir}/${personality}.md DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/dragoman
            RENAME syscalls-${personality}.md)
  endforeach()
endif()

# For hosts that keep user namespaces to programs with a profile (doc/isolation.md); only its own variables are replaced.
configure_file(${CMAKE_SOURCE_DIR}/instance/apparmor/dragoman.in ${generated_dir}/apparmor-dragoman @ONLY)
install(FILES ${generated_dir}/apparmor-dragoman DESTINATION ${CMAKE_INSTALL_DATADIR}/dragoman/apparmor
        RENAME dragoman)

set(tarball_name dragoman-${PROJECT_VERSION}-x86_64)
add_custom_target(tarball
  COMMAND ${CMAKE_COMMAND} -E rm -rf ${CMAKE_BINARY_DIR}/tarball
  # Of all places that it may be unpacked to, systemd looks for an ordinary user's units in this one (%h: the home directory).
  COMMAND ${CMAKE_COMMAND} -E env DRAGOMAN_UNIT_PREFIX=%h/.local
          ${CMAKE_COMMAND} --install ${CMAKE_BINARY_DIR} --strip
          --prefix ${CMAKE_BINARY_DIR}/tarball/${tarball_name}
  COMMAND tar --owner=0 --group=0 --numeric-owner --sort=name
          -C ${CMAKE_BINARY_DIR}/tarball -czf ${CMAKE_BINARY_DIR}/${tarball_name}.tar.gz ${tarball_name}
  COMMAND ${CMAKE_COMMAND} -E echo "${CMAKE_BINARY_DIR}/${tarball_name}.tar.gz"
  VERBATIM)
if(TARGET dragoman)
  add_dependencies(tarball dragoman ${helpers})
endif()
