# The tests that are more than one program of one layer: the house's rules, Lua, end to end; and, for one ctest run that counts
# everything (scripts/test), the tests of the other build trees: WW_ASAN_DIR and WW_FUZZ_DIR name those trees.
set(WW_ASAN_DIR "" CACHE PATH "a tree of the preset asan: its unit tests run here too, and the agent end to end is its")
set(WW_FUZZ_DIR "" CACHE PATH "a tree of the preset fuzz: its fuzzers run here too")
set(WW_FUZZ_SECONDS 10 CACHE STRING "how long each fuzzer runs")
option(WW_MUTATION "leave out each rule of the fixed chains, and see which test misses it" OFF)
option(WW_ARM64_TEST "build for arm64, too, and run what asks no kernel there in qemu" OFF)
set(WW_E2E_TIMEOUT 600 CACHE STRING "how many seconds an end-to-end suite may take")

include(cmake/install.cmake)

# What runs inside the containers of the end-to-end suite, whose images hold no library: static, never sanitized.
file(GLOB WW_PROBE CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/spec/e2e/probe*.c)
if(WW_PROBE AND NOT WW_FUZZ)
  add_executable(wwprobe ${WW_PROBE})
  target_compile_options(wwprobe PRIVATE -fno-sanitize=all)
  target_link_options(wwprobe PRIVATE -fno-sanitize=all -static)
endif()

# What scripts/bench measures with. Its test is whether it runs, never how fast.
file(GLOB WW_BENCH CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/spec/bench/*.c)
if(WW_BENCH AND NOT WW_FUZZ)
  add_executable(wwbench ${WW_BENCH})
  target_link_libraries(wwbench PRIVATE PkgConfig::MNL PkgConfig::NFTNL ww_lib)
  add_test(NAME bench.runs COMMAND ${PROJECT_SOURCE_DIR}/spec/bench/run --smoke --agent $<TARGET_FILE:whalewall> --wwbench
                                   $<TARGET_FILE:wwbench>)
  set_tests_properties(bench.runs PROPERTIES LABELS bench RUN_SERIAL ON TIMEOUT 120 SKIP_RETURN_CODE 77)
endif()

if(WW_FUZZ)
  # All that is wanted of this tree.
  add_custom_target(fuzzers)
  foreach(fuzzer ${fuzzers})
    get_filename_component(name ${fuzzer} NAME_WE)
    add_dependencies(fuzzers ${name})
  endforeach()
  return()
endif()

# --- The house's rules: each spec/house/check-* takes the source tree and the build tree.
set(WW_HOUSE ${PROJECT_SOURCE_DIR}/spec/house)
foreach(check includes cycles sizes names format tidy lua shell words docs protocols)
  add_test(NAME house.${check} COMMAND ${WW_HOUSE}/check-${check} ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR})
  set_tests_properties(house.${check} PROPERTIES LABELS house TIMEOUT 300)
  # ... and each must be able to fail.
  add_test(NAME house.${check}.fails COMMAND ${WW_HOUSE}/test-checks ${check} ${WW_HOUSE})
  set_tests_properties(house.${check}.fails PROPERTIES LABELS house TIMEOUT 120)
endforeach()
foreach(check includes sizes names format lua words docs protocols)
  set_tests_properties(house.${check} PROPERTIES LABELS "house;quick")
endforeach()
set_tests_properties(house.tidy PROPERTIES PROCESSORS 2 COST 300 TIMEOUT 900)
if(TARGET whalewall_shared AND NOT WW_SANITIZE)
  add_test(NAME house.library COMMAND ${WW_HOUSE}/check-library ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR})
  add_test(NAME house.library.fails COMMAND ${WW_HOUSE}/test-checks library ${WW_HOUSE})
  # ... and is to programs that exist what it was (what it is made of is read from what the compiler leaves for debuggers).
  add_test(NAME house.abi COMMAND ${WW_HOUSE}/check-abi ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR})
  add_test(NAME house.abi.fails COMMAND ${WW_HOUSE}/test-checks abi ${WW_HOUSE})
  set_tests_properties(house.library house.library.fails house.abi PROPERTIES LABELS "house;quick" TIMEOUT 300)
  set_tests_properties(house.abi.fails PROPERTIES LABELS house TIMEOUT 300)
endif()
add_test(NAME house.ran.fails COMMAND ${WW_HOUSE}/test-checks ran ${WW_HOUSE})
set_tests_properties(house.ran.fails PROPERTIES LABELS house)

# The scripts that people run.
foreach(script install-packages run)
  add_test(NAME house.scripts.${script} COMMAND ${WW_HOUSE}/test-${script} ${PROJECT_SOURCE_DIR})
  set_tests_properties(house.scripts.${script} PROPERTIES LABELS house TIMEOUT 60)
endforeach()

if(TARGET whalewall)
  add_test(NAME house.completion COMMAND ${WW_HOUSE}/test-completion $<TARGET_FILE:whalewall>)
  add_test(NAME house.completion.zsh COMMAND ${WW_HOUSE}/test-completion-zsh $<TARGET_FILE:whalewall>)
  set_tests_properties(house.completion house.completion.zsh PROPERTIES LABELS "house;quick" TIMEOUT 60)
  add_test(NAME house.plugin COMMAND ${WW_HOUSE}/test-plugin $<TARGET_FILE:whalewall>)
  set_tests_properties(house.plugin PROPERTIES LABELS "house;quick" TIMEOUT 60 SKIP_RETURN_CODE 77)
endif()

include(cmake/suite_lua.cmake OPTIONAL)

# What is installed, built into the examples and run.
if(TARGET whalewall_shared AND NOT WW_SANITIZE)
  add_test(NAME embed.installed COMMAND ${PROJECT_SOURCE_DIR}/spec/embed/run ${PROJECT_BINARY_DIR})
  add_test(NAME embed.memory COMMAND ${PROJECT_SOURCE_DIR}/spec/embed/memory ${PROJECT_BINARY_DIR})
  set_tests_properties(embed.memory PROPERTIES LABELS embed TIMEOUT 600 SKIP_RETURN_CODE 77)
  set_tests_properties(embed.installed PROPERTIES LABELS "embed;quick" TIMEOUT 900 SKIP_RETURN_CODE 77)
endif()

# --- Each rule and fact of base_ruleset is missed by a test of the kernel's when it is left out (hours).
if(WW_MUTATION AND TARGET wwmutants)
  add_test(NAME mutation.rules COMMAND ${PROJECT_SOURCE_DIR}/spec/mutation/run --build ${PROJECT_BINARY_DIR})
  set_tests_properties(mutation.rules PROPERTIES LABELS mutation RUN_SERIAL ON TIMEOUT 14400 SKIP_RETURN_CODE 77)
endif()

# --- For arm64, by a cross-compiler, in a tree of its own (ten minutes of a processor).
if(WW_ARM64_TEST)
  add_test(NAME arm64.units COMMAND ${PROJECT_SOURCE_DIR}/spec/arm64/run ${PROJECT_SOURCE_DIR}/build/arm64)
  set_tests_properties(arm64.units PROPERTIES LABELS arm64 PROCESSORS 2 COST 300 TIMEOUT 3600 SKIP_RETURN_CODE 77)
endif()

# --- The unit tests once more, under AddressSanitizer and UBSan.
if(WW_ASAN_DIR)
  file(GLOB tests CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR}/spec/unit ${PROJECT_SOURCE_DIR}/spec/unit/*/test_*.c)
  foreach(test ${tests})
    string(REGEX REPLACE "^([a-z]+)/(.*)\\.c$" "\\1;\\2" parts ${test})
    list(GET parts 0 layer)
    list(GET parts 1 name)
    if(TARGET unit_${layer}_${name})
      add_test(NAME asan.${layer}.${name} COMMAND ${WW_ASAN_DIR}/unit_${layer}_${name}
               WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
      set_tests_properties(asan.${layer}.${name} PROPERTIES LABELS asan TIMEOUT 300)
    endif()
  endforeach()
endif()

# --- Fuzzers. What they find goes to the build tree; the corpus is only read.
if(WW_FUZZ_DIR)
  math(EXPR fuzz_timeout "${WW_FUZZ_SECONDS} + 120")
  file(GLOB fuzzers CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/spec/fuzz/fuzz_*.c)
  foreach(fuzzer ${fuzzers})
    get_filename_component(program ${fuzzer} NAME_WE)
    string(REGEX REPLACE "^fuzz_" "" name ${program})
    set(found ${PROJECT_BINARY_DIR}/fuzz/${name})
    file(MAKE_DIRECTORY ${found})
    set(corpus ${PROJECT_SOURCE_DIR}/spec/fuzz/corpus/${name})
    if(NOT EXISTS ${corpus})
      set(corpus)
    endif()
    add_test(NAME fuzz.${name} COMMAND ${WW_FUZZ_DIR}/${program} -max_total_time=${WW_FUZZ_SECONDS} -timeout=10
             -rss_limit_mb=2048 -print_final_stats=1 -verbosity=0 -artifact_prefix=${found}/ ${found} ${corpus})
    set_tests_properties(fuzz.${name} PROPERTIES LABELS fuzz TIMEOUT ${fuzz_timeout})
  endforeach()
endif()

# --- End to end, against a real engine in network namespaces of its own: one test for each spec/e2e/suite_<name>.py. They run
# beside each other (scripts/test); but those that send as much as a processor can, or judge a moment's race, run alone, at the end.
# Those at the core run on a newer engine, too, which is downloaded into the build tree (spec/e2e/engine_folder.py).
set(WW_E2E_CORE "^(probes_.*|early_.*|reuse|bound|chaos|spoof|link.*|neighbours|gateway|veths|identity|leftover|flows|errors|scope|letters|strangers|docker_user|dialled|swarm|explain|audit|embed|hidden|group_named|aside|router_alert|reports)$")
set(WW_E2E_ALONE "^(early_.*|drops|storm|flows|reuse)$")
# In these the engine makes bridges and veths, which are the kernel's: what is tried is frames at them. They run on the newer engine, and
# on both in a full run.
set(WW_E2E_FRAMES "^(link.*|neighbours|gateway|veths|letters|errors|strangers|hidden|aside)$")
option(WW_E2E_BOTH "suites about frames run on both engines" OFF)
# ctest begins with what costs most, in seconds: the kernels take a place for long; then what others wait for. Anything else fits
# in between.
set(WW_COST_ALONE 500)
set(WW_COST_KERNELS 400)
set(WW_COST_PACKAGES 350)
set(WW_COST_CHAOS 200)
set(WW_ENGINE ${PROJECT_BINARY_DIR}/engine)
set(WW_AGENT ${PROJECT_BINARY_DIR}/whalewall)
if(WW_ASAN_DIR)
  set(WW_AGENT ${WW_ASAN_DIR}/whalewall)
endif()
if(TARGET wwprobe)
  file(GLOB suites CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/spec/e2e/suite_*.py)
  list(FILTER suites EXCLUDE REGEX "suite_(packages|image)\\.py$") # below
  foreach(suite ${suites})
    get_filename_component(name ${suite} NAME_WE)
    string(REGEX REPLACE "^suite_" "" name ${name})
    set(e2e_run ${PROJECT_SOURCE_DIR}/spec/e2e/run --agent ${WW_AGENT} --probe $<TARGET_FILE:wwprobe>)
    if(WW_E2E_BOTH OR NOT name MATCHES "${WW_E2E_FRAMES}")
      add_test(NAME e2e.${name} COMMAND ${e2e_run} ${name})
      set_tests_properties(e2e.${name} PROPERTIES LABELS e2e COST 60 TIMEOUT ${WW_E2E_TIMEOUT} SKIP_RETURN_CODE 77)
    endif()
    if(name MATCHES "${WW_E2E_CORE}")
      add_test(NAME e2e28.${name} COMMAND ${e2e_run} --engine ${WW_ENGINE} ${name})
      set_tests_properties(e2e28.${name} PROPERTIES LABELS e2e COST 60 TIMEOUT ${WW_E2E_TIMEOUT} SKIP_RETURN_CODE 77
                                                    FIXTURES_REQUIRED engine28)
    endif()
    foreach(test e2e.${name} e2e28.${name})
      if(TEST ${test} AND name MATCHES "${WW_E2E_ALONE}")
        set_tests_properties(${test} PROPERTIES RUN_SERIAL TRUE COST ${WW_COST_ALONE})
      elseif(TEST ${test} AND name STREQUAL chaos)
        set_tests_properties(${test} PROPERTIES COST ${WW_COST_CHAOS})
      endif()
    endforeach()
  endforeach()
  # What is given away: the packages are built in build/package, from a copy of the sources, so only one tree tests them.
  if(CMAKE_BUILD_TYPE STREQUAL RelWithDebInfo AND NOT WW_SANITIZE)
    set(WW_PACKAGES ${PROJECT_SOURCE_DIR}/build/package)
    add_test(NAME packages.build COMMAND ${PROJECT_SOURCE_DIR}/scripts/package)
    set_tests_properties(packages.build PROPERTIES LABELS packages FIXTURES_SETUP packages TIMEOUT 900 COST ${WW_COST_PACKAGES})
    add_test(NAME packages.lintian COMMAND ${PROJECT_SOURCE_DIR}/spec/packages/test-lintian ${WW_PACKAGES})
    add_test(NAME packages.lua COMMAND ${PROJECT_SOURCE_DIR}/spec/packages/test-lua ${WW_PACKAGES})
    add_test(NAME packages.same COMMAND ${PROJECT_SOURCE_DIR}/spec/packages/test-same ${WW_PACKAGES} $<TARGET_FILE:whalewall>)
    add_test(NAME packages.release COMMAND ${PROJECT_SOURCE_DIR}/spec/packages/test-release)
    set_tests_properties(packages.release PROPERTIES SKIP_RETURN_CODE 77)
    # They write to the same folder.
    set_tests_properties(packages.lintian packages.lua packages.same packages.release PROPERTIES RESOURCE_LOCK packages)
    set_tests_properties(packages.lintian packages.lua packages.same packages.release PROPERTIES LABELS packages FIXTURES_REQUIRED packages
                                                                                    TIMEOUT 300)
    set(packages_run --agent $<TARGET_FILE:whalewall> --probe $<TARGET_FILE:wwprobe> --packages ${WW_PACKAGES} packages)
    add_test(NAME e2e.packages COMMAND ${PROJECT_SOURCE_DIR}/spec/e2e/run ${packages_run})
    add_test(NAME e2e28.packages COMMAND ${PROJECT_SOURCE_DIR}/spec/e2e/run --engine ${WW_ENGINE} ${packages_run})
    set_tests_properties(e2e.packages e2e28.packages PROPERTIES LABELS "e2e;packages" FIXTURES_REQUIRED packages TIMEOUT
                                                                ${WW_E2E_TIMEOUT} SKIP_RETURN_CODE 77 COST 60 RESOURCE_LOCK
                                                                packages)
    set_tests_properties(e2e28.packages PROPERTIES FIXTURES_REQUIRED "packages;engine28")
    add_test(NAME packages.rpm COMMAND ${PROJECT_SOURCE_DIR}/spec/packages/test-rpm ${WW_PACKAGES})
    add_test(NAME packages.completion COMMAND ${PROJECT_SOURCE_DIR}/spec/packages/test-completion ${WW_PACKAGES})
    set_tests_properties(packages.rpm packages.completion PROPERTIES LABELS packages FIXTURES_REQUIRED packages TIMEOUT 300
                                                                     SKIP_RETURN_CODE 77 RESOURCE_LOCK packages)
    set(image_run --agent $<TARGET_FILE:whalewall> --probe $<TARGET_FILE:wwprobe> image)
    add_test(NAME e2e.image COMMAND ${PROJECT_SOURCE_DIR}/spec/e2e/run ${image_run})
    add_test(NAME e2e28.image COMMAND ${PROJECT_SOURCE_DIR}/spec/e2e/run --engine ${WW_ENGINE} ${image_run})
    set_tests_properties(e2e.image e2e28.image PROPERTIES LABELS e2e COST 30 TIMEOUT ${WW_E2E_TIMEOUT} SKIP_RETURN_CODE 77)
    set_tests_properties(e2e28.image PROPERTIES FIXTURES_REQUIRED engine28)
  endif()
  if(TEST e2e.embed) # what is installed is this tree's, whichever the program is of
    set_tests_properties(e2e.embed e2e28.embed PROPERTIES ENVIRONMENT WW_BUILD=${PROJECT_BINARY_DIR})
  endif()
  add_test(NAME e2e28.engine COMMAND ${PROJECT_SOURCE_DIR}/spec/e2e/run --engine ${WW_ENGINE} --fetch)
  set_tests_properties(e2e28.engine PROPERTIES LABELS e2e FIXTURES_SETUP engine28 TIMEOUT 600 SKIP_RETURN_CODE 77
                                               COST ${WW_COST_ALONE})
endif()

# --- The kernel's unit tests of this tree once more, on each of Debian's kernels in spec/kernels/expected.py: those that differ, or
# with WW_FULL=1 all. Sanitizers would only test the tests' own memory once more, in software emulation.
if(NOT WW_SANITIZE)
  set(kernels_timeout 1560)
  if(WW_E2E_TIMEOUT GREATER kernels_timeout)
    set(kernels_timeout ${WW_E2E_TIMEOUT})
  endif()
  foreach(version 6.1 6.12)
    add_test(NAME kernels.${version} COMMAND ${PROJECT_SOURCE_DIR}/spec/kernels/run --build ${PROJECT_BINARY_DIR} ${version})
    set_tests_properties(kernels.${version} PROPERTIES LABELS kernels COST ${WW_COST_KERNELS} TIMEOUT ${kernels_timeout} SKIP_RETURN_CODE 77)
  endforeach()
endif()
