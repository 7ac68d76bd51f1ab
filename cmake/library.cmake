# libwhalewall, for other programs to embed: shared, with the symbols of core/lib/whalewall.map and no other, and static, for a
# program that takes only what it calls (core/lib/whalewall.h; docs/embedding.md).
if(WW_FUZZ)
  return()
endif()
set(WW_MAP ${PROJECT_SOURCE_DIR}/core/lib/whalewall.map)

add_library(whalewall_shared SHARED $<TARGET_OBJECTS:ww_lib>)
target_link_libraries(whalewall_shared PRIVATE ww_agent ww_module ww_sandbox)
target_link_options(whalewall_shared PRIVATE -Wl,--version-script=${WW_MAP} -Wl,--as-needed -Wl,--gc-sections)
if(NOT WW_SANITIZE)
  target_link_options(whalewall_shared PRIVATE -Wl,-z,defs)
endif()
set_target_properties(
  whalewall_shared PROPERTIES OUTPUT_NAME whalewall VERSION ${PROJECT_VERSION} SOVERSION 0 LINK_DEPENDS ${WW_MAP})

# Of bindings/module only the way from a world to rules: the rest is for Lua, and for commands.
add_library(
  whalewall_static STATIC
  $<TARGET_OBJECTS:ww_lib> $<TARGET_OBJECTS:ww_agent> $<TARGET_OBJECTS:ww_docker> $<TARGET_OBJECTS:ww_kernel>
  $<TARGET_OBJECTS:ww_store> $<TARGET_OBJECTS:ww_control> $<TARGET_OBJECTS:ww_sandbox> $<TARGET_OBJECTS:ww_bindings>
  $<FILTER:$<TARGET_OBJECTS:ww_module>,INCLUDE,/stage.c.o$> $<TARGET_OBJECTS:ww_ir> $<TARGET_OBJECTS:ww_model>
  $<TARGET_OBJECTS:ww_base>)
set_target_properties(whalewall_static PROPERTIES OUTPUT_NAME whalewall LINKER_LANGUAGE C)

# What finds it: pkg-config and CMake's find_package. Paths are relative, so that the whole can be moved.
set(WW_STATIC_LIBRARIES curl cjson nftnl mnl sqlite3 ${LUA_LIBRARIES} yaml microhttpd uv nettle seccomp cap-ng m)
list(TRANSFORM WW_STATIC_LIBRARIES PREPEND -l OUTPUT_VARIABLE WW_STATIC_FLAGS)
list(JOIN WW_STATIC_FLAGS " " WW_STATIC_FLAGS)
include(GNUInstallDirs)
file(RELATIVE_PATH WW_PREFIX_FROM_PC /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
file(RELATIVE_PATH WW_PREFIX_FROM_CMAKE /${CMAKE_INSTALL_LIBDIR}/cmake/whalewall /)
set(found ${PROJECT_BINARY_DIR}/library)
foreach(file whalewall.pc whalewall-static.pc whalewallConfig.cmake)
  configure_file(${PROJECT_SOURCE_DIR}/cmake/${file}.in ${found}/${file} @ONLY)
endforeach()
include(CMakePackageConfigHelpers)
write_basic_package_version_file(${found}/whalewallConfigVersion.cmake COMPATIBILITY SameMinorVersion)

# require "whalewall" from a stock lua5.4: lua/whalewall.so in the build folder. Its sources are those of a rock, too, which knows
# nothing of this tree. Lua itself is the interpreter's.
file(GLOB WW_ROCK CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/bindings/rock/*.c)
add_library(lua_whalewall MODULE ${WW_ROCK})
target_include_directories(
  lua_whalewall PRIVATE ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/core/lib
                        $<TARGET_PROPERTY:PkgConfig::LUA,INTERFACE_INCLUDE_DIRECTORIES>)
target_link_libraries(lua_whalewall PRIVATE whalewall_shared PkgConfig::CJSON)
set_target_properties(
  lua_whalewall PROPERTIES PREFIX "" OUTPUT_NAME whalewall C_VISIBILITY_PRESET hidden
                           LIBRARY_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/lua)
