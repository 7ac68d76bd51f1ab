# `cmake --install`, in parts that can be had alone (--component): program, library, dev, lua.
include(GNUInstallDirs)

# The program, its man page, its systemd unit, and the completion of bash and zsh, which the program itself prints.
if(TARGET whalewall)
  install(TARGETS whalewall DESTINATION ${CMAKE_INSTALL_SBINDIR} COMPONENT program)
  set(WW_COMPLETION ${CMAKE_CURRENT_BINARY_DIR}/completion/whalewall)
  add_custom_command(
    TARGET whalewall POST_BUILD
    COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_CURRENT_BINARY_DIR}/completion
    COMMAND whalewall completion > ${WW_COMPLETION}
    COMMAND whalewall completion zsh > ${CMAKE_CURRENT_BINARY_DIR}/completion/_whalewall)
  install(FILES ${WW_COMPLETION} DESTINATION share/bash-completion/completions COMPONENT program)
  install(FILES ${CMAKE_CURRENT_BINARY_DIR}/completion/_whalewall DESTINATION share/zsh/site-functions COMPONENT program)
endif()
# Docker's client finds it there, as `docker whalewall`.
set(WW_PLUGIN ${CMAKE_CURRENT_BINARY_DIR}/plugin/docker-whalewall)
file(MAKE_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/plugin)
file(CREATE_LINK ../../../${CMAKE_INSTALL_SBINDIR}/whalewall ${WW_PLUGIN} SYMBOLIC)
install(FILES ${WW_PLUGIN} DESTINATION libexec/docker/cli-plugins COMPONENT program)
install(FILES packaging/whalewall.8 DESTINATION ${CMAKE_INSTALL_MANDIR}/man8 COMPONENT program)
install(FILES packaging/whalewall.service DESTINATION lib/systemd/system COMPONENT program)
install(FILES packaging/whalewall.sysusers DESTINATION lib/sysusers.d RENAME whalewall.conf COMPONENT program)

# The library: what programs run with; what they are built with; what Lua loads.
if(TARGET whalewall_shared)
  install(TARGETS whalewall_shared LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT library NAMELINK_COMPONENT dev)
  install(TARGETS whalewall_static ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT dev)
  install(FILES core/lib/whalewall.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT dev)
  set(found ${PROJECT_BINARY_DIR}/library)
  install(FILES ${found}/whalewall.pc ${found}/whalewall-static.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig
          COMPONENT dev)
  install(FILES ${found}/whalewallConfig.cmake ${found}/whalewallConfigVersion.cmake
          DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/whalewall COMPONENT dev)
endif()
if(TARGET lua_whalewall)
  install(TARGETS lua_whalewall LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/lua/5.4 COMPONENT lua)
  install(TARGETS lua_testing LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/lua/5.4/whalewall COMPONENT lua)
endif()
