# The Lua specs: busted in stock lua5.4 with the loadable module. Under AddressSanitizer the interpreter, which is not built
# with it, needs the runtime preloaded; its own leaks are none of ours.
find_program(WW_LUA lua5.4)
find_program(WW_BUSTED busted)
if(WW_LUA AND WW_BUSTED AND TARGET lua_whalewall)
  add_test(NAME lua.specs
           COMMAND ${WW_LUA} ${WW_BUSTED} --output=TAP --cpath=$<TARGET_FILE_DIR:lua_whalewall>/?.so
                   --lpath=${PROJECT_SOURCE_DIR}/?.lua --pattern=_spec spec/lua policies
           WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  set_tests_properties(lua.specs PROPERTIES LABELS "lua;quick" TIMEOUT 300)
  if(WW_SANITIZE)
    execute_process(COMMAND ${CMAKE_C_COMPILER} -print-file-name=libasan.so OUTPUT_VARIABLE asan
                    OUTPUT_STRIP_TRAILING_WHITESPACE)
    set_tests_properties(lua.specs PROPERTIES ENVIRONMENT "LD_PRELOAD=${asan};ASAN_OPTIONS=detect_leaks=0")
  endif()
endif()

# `whalewall test`: the same specs without busted, and what it says of those that do not hold.
if(TARGET whalewall)
  add_test(NAME lua.program COMMAND whalewall test policies)
  add_test(NAME lua.program.fails COMMAND whalewall test spec/lua/support/failing.lua)
  set_tests_properties(lua.program.fails PROPERTIES WILL_FAIL ON)
  add_test(NAME lua.program.says COMMAND whalewall test spec/lua/support/failing.lua)
  set_tests_properties(
    lua.program.says
    PROPERTIES
      PASS_REGULAR_EXPRESSION
      "^\\+-\\+--\\+-\n3 passed, 4 failed\n\na site does not hold\n  [^\n]*failing.lua:12: web -> 192.0.2.1 tcp 80 should be dropped")
  foreach(name lua.program lua.program.fails lua.program.says)
    set_tests_properties(${name} PROPERTIES LABELS lua TIMEOUT 60 WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  endforeach()
endif()
