# `cmake --install`: the program, its man page, its systemd unit, and bash's completion, which the program itself prints.
include(GNUInstallDirs)
if(TARGET whalewall)
  install(TARGETS whalewall DESTINATION ${CMAKE_INSTALL_SBINDIR} COMPONENT program)
  set(WW_COMPLETION ${CMAKE_CURRENT_BINARY_DIR}/completion/whalewall)
  add_custom_command(
    TARGET whalewall POST_BUILD
    COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_CURRENT_BINARY_DIR}/completion
    COMMAND $<TARGET_FILE:whalewall> completion > ${WW_COMPLETION})
  install(FILES ${WW_COMPLETION} DESTINATION share/bash-completion/completions COMPONENT program)
endif()
install(FILES packaging/whalewall.8 DESTINATION ${CMAKE_INSTALL_MANDIR}/man8 COMPONENT program)
install(FILES packaging/whalewall.service DESTINATION lib/systemd/system COMPONENT program)
install(FILES packaging/whalewall.sysusers DESTINATION lib/sysusers.d RENAME whalewall.conf COMPONENT program)
