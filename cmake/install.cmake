# `cmake --install`: the program, its man page and its systemd unit.
include(GNUInstallDirs)
if(TARGET whalewall)
  install(TARGETS whalewall DESTINATION ${CMAKE_INSTALL_SBINDIR})
endif()
install(FILES packaging/whalewall.8 DESTINATION ${CMAKE_INSTALL_MANDIR}/man8)
install(FILES packaging/whalewall.service DESTINATION lib/systemd/system)
