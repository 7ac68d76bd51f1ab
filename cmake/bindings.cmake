# require "whalewall.testing" from a stock lua5.4: lua/whalewall/testing.so in the build folder.
file(GLOB WW_MODULE CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/bindings/module/*.c)
ww_layer(ww_module bindings/module ww_bindings ww_lab)
if(TARGET ww_bindings AND NOT WW_FUZZ)
  add_library(lua_testing MODULE ${WW_MODULE})
  target_link_libraries(lua_testing PRIVATE ww_bindings ww_lab)
  set_target_properties(
    lua_testing PROPERTIES PREFIX "" OUTPUT_NAME testing LIBRARY_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/lua/whalewall)
endif()
