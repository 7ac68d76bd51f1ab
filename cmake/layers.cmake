# One static library for each layer, of its folder or folders; a layer links only what it may include
# (spec/house/check-includes).
function(ww_layer name folders)
  list(TRANSFORM folders REPLACE "(.+)" "${PROJECT_SOURCE_DIR}/\\1/*.c")
  file(GLOB sources CONFIGURE_DEPENDS ${folders})
  if(NOT sources)
    return()
  endif()
  add_library(${name} STATIC ${sources})
  target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PUBLIC ${ARGN})
endfunction()

ww_layer(ww_base core/base PkgConfig::NETTLE)
ww_layer(ww_model core/model ww_base)
ww_layer(ww_ir core/ir ww_model)
ww_layer(ww_docker core/docker ww_model PkgConfig::CURL PkgConfig::CJSON)
ww_layer(ww_kernel "core/kernel;core/kernel/*" ww_ir PkgConfig::MNL PkgConfig::NFTNL)
ww_layer(ww_store core/store ww_ir PkgConfig::SQLITE)
ww_layer(ww_control core/control ww_ir PkgConfig::MICROHTTPD)
ww_layer(ww_sandbox core/sandbox ww_ir PkgConfig::SECCOMP PkgConfig::CAPNG)
ww_layer(ww_lab core/lab ww_kernel)
ww_layer(ww_bindings bindings ww_ir PkgConfig::LUA PkgConfig::YAML)
ww_layer(ww_agent core/agent ww_docker ww_kernel ww_store ww_control PkgConfig::UV)
ww_layer(ww_cli core/cli ww_docker ww_kernel ww_store ww_control m)

# The runtime's Lua and the bundled policies travel inside the program, as one C file.
file(GLOB_RECURSE WW_LUA_FILES CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR}
     ${PROJECT_SOURCE_DIR}/lua/*.lua ${PROJECT_SOURCE_DIR}/policies/*.lua)
list(FILTER WW_LUA_FILES EXCLUDE REGEX "_spec\\.lua$")
set(WW_EMBEDDED ${CMAKE_CURRENT_BINARY_DIR}/embedded_lua.c)
add_custom_command(
  OUTPUT ${WW_EMBEDDED}
  COMMAND ${CMAKE_COMMAND} -DOUT=${WW_EMBEDDED} -DROOT=${PROJECT_SOURCE_DIR} "-DFILES=${WW_LUA_FILES}" -P
          ${PROJECT_SOURCE_DIR}/cmake/embed.cmake
  DEPENDS ${WW_LUA_FILES} ${PROJECT_SOURCE_DIR}/cmake/embed.cmake
  VERBATIM)
if(TARGET ww_bindings)
  target_sources(ww_bindings PRIVATE ${WW_EMBEDDED})
endif()

include(cmake/bindings.cmake)

# The library, for this program and for others.
ww_layer(ww_lib core/lib ww_agent ww_module ww_sandbox)
include(cmake/library.cmake)

file(GLOB WW_MAIN CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/core/main/*.c)
add_executable(whalewall ${WW_MAIN})
target_link_libraries(whalewall PRIVATE ww_lib ww_cli ww_agent ww_module ww_sandbox)
