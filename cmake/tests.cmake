# Each spec/unit/<layer>/test_*.c is one cmocka program and one ctest test, linked with its layer's library. In those named
# test_*_oom.c allocations fail when the test says so (spec/unit/helper_oom.h).
enable_testing()
pkg_check_modules(CMOCKA IMPORTED_TARGET cmocka)

# Those that wait for much, and are no part of the label quick: it is to take less than a minute.
set(WW_LONG "^unit\\.(kernel\\.test_(agreement|audit|bound|conntrack|drops|errors|guard|letters|past_bridge|protocols|published|resets|rule_kinds|strangers|untracked)|agent\\.test_(life_oom|ct_scans|repair|port_bindings|port_leftover|scrape)|docker\\.test_(faults|follow))$")

# What calls base_ruleset from outside gets it through spec/unit/kernel/helper_without.c, in the kernel's unit tests only: they can
# run without one of its rules or facts.
set(WW_WRAPPED ww_fixed_each ww_fixed_lockdown ww_set_schema ww_set_part ww_set_needs ww_set_spares ww_set_is_fixed ww_set_exists
    ww_set_mirror ww_lower_put ww_kernel_free ww_layout_part_delete
    _cmocka_run_group_tests)
list(TRANSFORM WW_WRAPPED PREPEND -Wl,--wrap=)

function(ww_unit_tests folder)
  file(GLOB tests CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/spec/unit/${folder}/test_*.c)
  file(GLOB helpers CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/spec/unit/${folder}/helper_*.c)
  if(folder STREQUAL kernel) # the kernel is held against random plans of the simulator's own tests
    list(APPEND helpers ${PROJECT_SOURCE_DIR}/spec/unit/ir/helper_generate.c)
  endif()
  if(folder STREQUAL agent)
    list(APPEND helpers ${PROJECT_SOURCE_DIR}/spec/unit/kernel/helper_netns.c
         ${PROJECT_SOURCE_DIR}/spec/unit/kernel/helper_room.c
         ${PROJECT_SOURCE_DIR}/spec/unit/kernel/helper_tracked.c)
  endif()
  if(folder STREQUAL sandbox) # with the policy that workers run
    list(APPEND helpers ${PROJECT_SOURCE_DIR}/spec/unit/bindings/helper_scene.c)
  endif()
  foreach(test ${tests})
    get_filename_component(name ${test} NAME_WE)
    set(target unit_${folder}_${name})
    add_executable(${target} ${test} ${helpers})
    target_link_libraries(${target} PRIVATE ${ARGN} PkgConfig::CMOCKA)
    if(folder STREQUAL kernel)
      target_link_options(${target} PRIVATE ${WW_WRAPPED})
    endif()
    if(name MATCHES "_oom$")
      target_sources(${target} PRIVATE ${PROJECT_SOURCE_DIR}/spec/unit/helper_oom.c)
      target_link_options(${target} PRIVATE -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=reallocarray,--wrap=strdup)
    endif()
    target_compile_definitions(${target} PRIVATE WW_SPEC_DIR="${PROJECT_SOURCE_DIR}/spec")
    add_test(NAME unit.${folder}.${name} COMMAND ${target} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
    set(labels unit quick)
    if("unit.${folder}.${name}" MATCHES "${WW_LONG}")
      set(labels unit)
    endif()
    set(seconds 120)
    if(name STREQUAL test_life_oom) # a thousand failures, each with several transactions
      set(seconds 900)
    endif()
    if(CMAKE_CROSSCOMPILING) # in software emulation
      set(seconds 1800)
    endif()
    set_tests_properties(unit.${folder}.${name} PROPERTIES LABELS "${labels}" TIMEOUT ${seconds})
  endforeach()
endfunction()

if(CMOCKA_FOUND AND NOT WW_FUZZ)
  foreach(layer base model ir docker kernel store control sandbox bindings agent cli lib)
    set(with)
    if(layer STREQUAL sandbox)
      set(with ww_bindings)
    elseif(layer STREQUAL cli) # asking the running program looks for others that run
      set(with ww_agent)
    endif()
    if(TARGET ww_${layer})
      ww_unit_tests(${layer} ww_${layer} ${with})
    endif()
  endforeach()
  # What spec/mutation/run can leave out.
  add_executable(wwmutants ${PROJECT_SOURCE_DIR}/spec/mutation/list.c ${PROJECT_SOURCE_DIR}/spec/unit/kernel/helper_without.c
                 ${PROJECT_SOURCE_DIR}/spec/unit/kernel/helper_matched.c)
  target_link_libraries(wwmutants PRIVATE ww_kernel PkgConfig::CMOCKA)
  target_link_options(wwmutants PRIVATE ${WW_WRAPPED})
endif()

# Fuzzers: spec/fuzz/fuzz_<layer>_<what>.c, built by the preset `fuzz`; corpora in spec/fuzz/corpus/<layer>_<what>/.
if(WW_FUZZ)
  file(GLOB fuzzers CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/spec/fuzz/fuzz_*.c)
  foreach(fuzzer ${fuzzers})
    get_filename_component(name ${fuzzer} NAME_WE)
    string(REGEX REPLACE "^fuzz_([a-z]+)_.*$" "\\1" layer ${name})
    add_executable(${name} ${fuzzer})
    target_link_libraries(${name} PRIVATE ww_${layer})
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  endforeach()
endif()

include(cmake/suites.cmake OPTIONAL)
