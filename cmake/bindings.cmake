# require "whalewall" from a stock lua5.4: lua/whalewall.so in the build folder.
file(GLOB WW_MODULE CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/bindings/module/*.c)
ww_layer(ww_module bindings/module ww_bindings ww_lab)
if(TARGET ww_bindings AND NOT WW_FUZZ)
  add_library(lua_whalewall MODULE ${WW_MODULE})
  target_link_libraries(lua_whalewall PRIVATE ww_bindings ww_lab)
  set_target_properties(
    lua_whalewall PROPERTIES PREFIX "" OUTPUT_NAME whalewall LIBRARY_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/lua)
endif()
