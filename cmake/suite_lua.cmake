# The Lua specs: busted in stock lua5.4 with the loadable module. Under AddressSanitizer the interpreter, which is not built
# with it, needs the runtime preloaded; its own leaks are none of ours.
find_program(WW_LUA lua5.4)
find_program(WW_BUSTED busted)
if(WW_LUA AND WW_BUSTED AND TARGET lua_testing)
  add_test(NAME lua.specs
           COMMAND ${WW_LUA} ${WW_BUSTED} --output=TAP --cpath=${PROJECT_BINARY_DIR}/lua/?.so
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
  # The page of a plan, in a headless browser.
  add_test(NAME lua.page COMMAND ${PROJECT_SOURCE_DIR}/spec/page/run --program $<TARGET_FILE:whalewall>)
  set_tests_properties(lua.page PROPERTIES LABELS "lua;quick" TIMEOUT 120 SKIP_RETURN_CODE 77)
  add_test(NAME lua.program COMMAND whalewall test policies)
  add_test(NAME lua.program.fails COMMAND whalewall test spec/lua/support/failing.lua)
  set_tests_properties(lua.program.fails PROPERTIES WILL_FAIL ON)
  add_test(NAME lua.program.says COMMAND whalewall test spec/lua/support/failing.lua)
  set_tests_properties(
    lua.program.says
    PROPERTIES
      PASS_REGULAR_EXPRESSION
      "^\\+-\\+--\\+--\n3 passed, 5 failed\n\na site does not hold\n  [^\n]*failing.lua:12: web -> 192.0.2.1 tcp 80 should be dropped")
  add_test(NAME lua.program.places COMMAND whalewall test spec/lua/support/failing.lua)
  set_tests_properties(
    lua.program.places PROPERTIES PASS_REGULAR_EXPRESSION
                                  "fails by a container that is none\n  [^\n]*failing.lua:25: there is no container 'wep'")
  add_test(NAME lua.program.nothing COMMAND whalewall test spec/golden/ir)
  set_tests_properties(lua.program.nothing PROPERTIES PASS_REGULAR_EXPRESSION
                                                      "^\n0 passed, 0 failed\n\nthere is no spec: no file")
  add_test(NAME lua.program.idle COMMAND whalewall test spec/lua/support/files.lua)
  set_tests_properties(lua.program.idle PROPERTIES PASS_REGULAR_EXPRESSION "files.lua\n  has no test")
  add_test(NAME lua.program.kernel COMMAND whalewall test -kernel spec/lua/support/in_kernel.lua)
  set_tests_properties(
    lua.program.kernel PROPERTIES SKIP_REGULAR_EXPRESSION "needs root" PASS_REGULAR_EXPRESSION
                                  "1 passed, 0 failed; the kernel was asked about 2 flows\n")
  foreach(name program program.kernel program.fails program.says program.places program.nothing program.idle)
    set_tests_properties(lua.${name} PROPERTIES LABELS lua TIMEOUT 60 WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  endforeach()
endif()

# `whalewall check` and `plan` as programs: their exit status, and what they read.
function(ww_command_test name status)
  add_test(NAME lua.${name} COMMAND sh -c "${ARGN}; test $? = ${status}")
  set_tests_properties(lua.${name} PROPERTIES LABELS "lua;quick" TIMEOUT 60 WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
endfunction()
if(TARGET whalewall)
  set(check "$<TARGET_FILE:whalewall> check")
  set(groups "-policy groups -policy-config policies/groups/example")
  ww_command_test(check.sound 0 "${check} spec/compose/good.yml")
  ww_command_test(check.warned 0 "${check} spec/compose/openings.yml")
  ww_command_test(check.strict 1 "${check} -strict spec/compose/openings.yml")
  ww_command_test(check.wrong 1 "${check} -json spec/compose/label_faults.yml")
  ww_command_test(check.input 1 "${check} - < spec/compose/no_yaml.yml")
  ww_command_test(check.several 1 "${check} spec/compose/good.yml spec/compose/structure.yml")
  ww_command_test(check.missing 2 "${check} spec/compose/none.yml")
  ww_command_test(check.folder 2 "${check} spec/compose")
  ww_command_test(check.usage 2 "${check} -clear")
  ww_command_test(check.policy 2 "${check} -policy none spec/compose/good.yml")
  ww_command_test(check.policy.config 2 "${check} ${groups}/faulty.yaml spec/compose/good.yml")
  ww_command_test(check.groups 1 "${check} ${groups}/policies.yaml spec/compose/groups.yml")
  ww_command_test(check.groups.known 0 "sed s/@office/@blocklist/\\;/@ofice/d spec/compose/groups.yml | ${check} -strict ${groups}/policies.yaml -")
  ww_command_test(check.usual 0 "cd spec/compose && COMPOSE_FILE=good.yml ${check}")
  ww_command_test(check.nothing 2 "cd spec/compose && ${check}")
  set(plan "$<TARGET_FILE:whalewall> plan")
  ww_command_test(plan.sound 0 "${plan} spec/compose/good.yml | diff - spec/golden/plan/good.txt")
  ww_command_test(plan.wrong 1 "${plan} spec/compose/ends.yml")
  ww_command_test(plan.missing 2 "${plan} spec/compose/none.yml")
  ww_command_test(plan.usage 2 "${plan} -json -dot spec/compose/good.yml")
  ww_command_test(plan.policy 0 "${plan} -policy isolate-projects spec/compose/good.yml")
endif()
