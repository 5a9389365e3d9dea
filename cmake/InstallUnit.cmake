# Run at installation (cmake/Install.cmake), with unit_source, unit_bindir and unit_datadir: systemd's unit, which names
# dragoman by its whole path. So it is written when the prefix is known, which is not always the one of the configuration.
# Its directory is one that systemd looks at for users where the prefix is ~/.local, /usr/local or /usr.
get_filename_component(unit_prefix "${CMAKE_INSTALL_PREFIX}" ABSOLUTE)
# What is unpacked elsewhere than it was installed has another prefix then (the tarball).
if(DEFINED ENV{DRAGOMAN_UNIT_PREFIX})
  set(unit_run_prefix "$ENV{DRAGOMAN_UNIT_PREFIX}")
else()
  string(REPLACE "%" "%%" unit_run_prefix "${unit_prefix}") # systemd.unit(5), specifiers
endif()
if(IS_ABSOLUTE "${unit_bindir}")
  set(unit_program "${unit_bindir}/dragoman")
else()
  set(unit_program "${unit_run_prefix}/${unit_bindir}/dragoman")
endif()
if(unit_program MATCHES "[ \t]")
  set(unit_program "\"${unit_program}\"")
endif()
if(NOT IS_ABSOLUTE "${unit_datadir}")
  set(unit_datadir "${unit_prefix}/${unit_datadir}")
endif()
set(unit_file "${unit_datadir}/systemd/user/dragoman@.service")
message(STATUS "Installing: $ENV{DESTDIR}${unit_file}")
configure_file("${unit_source}" "$ENV{DESTDIR}${unit_file}" @ONLY)
list(APPEND CMAKE_INSTALL_MANIFEST_FILES "${unit_file}")
