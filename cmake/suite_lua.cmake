# The Lua specs: busted in stock lua5.4 with the loadable module. Under AddressSanitizer the interpreter, which is not built
# with it, needs the runtime preloaded; its own leaks are none of ours.
find_program(WW_LUA lua5.4)
find_program(WW_BUSTED busted)
if(WW_LUA AND WW_BUSTED AND TARGET lua_whalewall)
  add_test(NAME lua.specs
           COMMAND ${WW_LUA} ${WW_BUSTED} --output=TAP --cpath=$<TARGET_FILE_DIR:lua_whalewall>/?.so
                   --lpath=${PROJECT_SOURCE_DIR}/?.lua --pattern=_spec spec/lua policies
           WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  set_tests_properties(lua.specs PROPERTIES LABELS lua TIMEOUT 300)
  if(WW_SANITIZE)
    execute_process(COMMAND ${CMAKE_C_COMPILER} -print-file-name=libasan.so OUTPUT_VARIABLE asan
                    OUTPUT_STRIP_TRAILING_WHITESPACE)
    set_tests_properties(lua.specs PROPERTIES ENVIRONMENT "LD_PRELOAD=${asan};ASAN_OPTIONS=detect_leaks=0")
  endif()
endif()
