#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>
#include <time.h>

#include "spec/unit/bindings/helper_lua.h"

/* Each chunk runs in one state; what it asserts must hold. */
static const char *const holds[] = {
    /* what is not there */
    "for _, name in ipairs({'io', 'os', 'debug', 'package', 'coroutine', 'load', 'loadfile', 'loadstring', 'dofile',"
    " 'collectgarbage', 'print', 'warn', 'xpcall'}) do assert(_G[name] == nil, name) end",
    "assert(string.dump == nil and ('').dump == nil)",
    "assert(math.random == nil and math.randomseed == nil)",
    /* what is */
    "assert(('abc'):find('b') == 2 and ('a,b'):gsub(',', ';') == 'a;b' and ('%d'):format(3) == '3')",
    "local t = {3, 1, 2} table.sort(t) assert(table.concat(t, ' ') == '1 2 3' and select('#', table.unpack(t)) == 3)",
    "local t = table.move({1, 2, 3}, 1, 3, 2) table.insert(t, 4) table.remove(t, 1) assert(#t == 4)",
    "assert(math.max(1, 2) == 2 and utf8.char(228) == 'ä' and ('x'):rep(3) == 'xxx')",
    "local t = setmetatable({}, {__index = function(_, k) return k end}) assert(t.x == 'x')",
    "for word in ('a b c'):gmatch('%a') do assert(#word == 1) end",
    /* require */
    "assert(require('text') == require('text') and type(require('policies.default.handler').add) == 'function')",
    "local ok, err = pcall(require, 'os') assert(not ok and err:find(\"there is no module 'os'\"))",
    "assert(not pcall(require, '../lua/text'))",
    "assert(not pcall(require))",
    /* what would run long inside C */
    "assert(not pcall(string.rep, '', 1 << 40))",
    "assert(not pcall(table.move, {}, 1, 1 << 40, 2))",
    "assert(not pcall(table.move, {}, -9223372036854775807, 9223372036854775807, 1))",
    "local t = setmetatable({}, {__len = function() return 1 << 40 end})"
    " assert(not pcall(table.insert, t, 1, 1) and not pcall(table.remove, t, 1) and not pcall(table.sort, t))",
    "assert(not pcall(string.find, ('a'):rep(60000), ('a*'):rep(9) .. 'b'))",
    "assert(('a'):rep(60000):find(('a*'):rep(9) .. 'b', 1, true) == nil)",
    "assert(('a'):rep(60000):find('[^%]a*-]+') == nil and ('%a+'):find('%%a%+') == 1)",
    /* what would run outside of the budget */
    "assert(not pcall(setmetatable, {}, {__gc = function() end}))",
    "assert(getmetatable('') == false)",
    /* what would differ from run to run */
    "for _, f in ipairs({'%s', '%p', '%q'}) do assert(not pcall(string.format, f, {}) and not pcall(f.format, f, "
    "pairs)) end",
    "assert(not pcall(string.format, '%-9p', 'x') and ('%%p'):format() == '%p')",
    "assert(tostring({}) == 'table' and tostring(pairs) == 'function' and tostring(1) == '1' and not pcall(tostring))",
    "assert(('%s'):format(setmetatable({}, {__tostring = function() return 'x' end})) == 'x')",
    /* the natives take no wrong arguments */
    "local yaml = require('native.yaml') local o = {nodes = 9, depth = 9} assert(yaml.tree('a: 1', o))"
    " assert(not pcall(yaml.tree) and not pcall(yaml.tree, '') and not pcall(yaml.tree, {}, o))",
    "local yaml = require('native.yaml') for _, d in ipairs({0, -1, 1000, 1.5, 'x', {}}) do"
    " assert(not pcall(yaml.tree, 'a: 1', {nodes = 9, depth = d}) and not pcall(yaml.tree, '', {depth = 1}))"
    " end",
    "local addr = require('native.addr') assert(addr.parse('x') == nil and not pcall(addr.is_any, 'x'))",
};

static void offers_only_what_is_harmless(void **state)
{
    (void)state;
    struct ww_lua lua;

    ww_lua_init(&lua);
    for (size_t i = 0; i < sizeof(holds) / sizeof(holds[0]); i++) {
        struct ww_error err = {0};
        if (run_chunk(&lua, holds[i], &err) < 0)
            fail_msg("%s: %s", holds[i], err.text);
    }
    ww_lua_done(&lua);
}

static void loads_no_binary_chunks(void **state)
{
    (void)state;
    struct ww_lua lua;
    struct ww_error err = {0};

    ww_lua_init(&lua);
    assert_int_equal(run_chunk(&lua, LUA_SIGNATURE "x", &err), -EINVAL);
    assert_non_null(strstr(err.text, "attempt to load a binary chunk"));
    ww_lua_done(&lua);
}

static void says_where_an_error_came_from(void **state)
{
    (void)state;
    struct ww_lua lua;
    struct ww_error err = {0};

    ww_lua_init(&lua);
    assert_int_equal(run_chunk(&lua, "local function f()\n error('broken')\nend\nf()\n", &err), -EINVAL);
    assert_string_equal(err.text, "the policy failed: chunk:2: broken (chunk:2 < chunk:4)");
    assert_int_equal(run_chunk(&lua, "error()", &err), -EINVAL);
    assert_int_equal(run_chunk(&lua, "error(setmetatable({}, {__tostring = function() error('again') end}))", &err),
                     -EINVAL);
    ww_lua_done(&lua);
}

static void begins_anew_after_a_failure(void **state)
{
    (void)state;
    struct ww_lua lua;
    struct ww_error err = {0};

    ww_lua_init(&lua);
    assert_int_equal(run_chunk(&lua, "kept = 1", &err), 0);
    assert_int_equal(run_chunk(&lua, "assert(kept == 1) string.sub = nil error('x')", &err), -EINVAL);
    assert_int_equal(run_chunk(&lua, "assert(kept == nil and string.sub)", &err), 0);
    ww_lua_done(&lua);
}

/* What must be stopped, and the limit that the message names. */
static const struct {
    const char *chunk;
    const char *limit;
} overruns[] = {
    {"while true do end", "WW_LIMIT_LUA_INSTRUCTIONS"},
    {"while true do pcall(function() while true do end end) end", "WW_LIMIT_LUA_INSTRUCTIONS"},
    {"local function f() pcall(f) while true do end end f()", "WW_LIMIT_LUA_INSTRUCTIONS"},
    {"pcall(function() while true do end end)", "WW_LIMIT_LUA_INSTRUCTIONS"},
    {"repeat local ok = pcall(error, 'x') until ok", "WW_LIMIT_LUA_INSTRUCTIONS"},
    {"local t = setmetatable({}, {__index = function(t, k) return t[k + 1] end}) while true do pcall(function() return "
     "t[1] end) end",
     "WW_LIMIT_LUA_BYTES"},
    {"table.sort({1, 2, 3}, function() while true do end end)", "WW_LIMIT_LUA_INSTRUCTIONS"},
    {"('x'):gsub('x', function() while true do end end)", "WW_LIMIT_LUA_INSTRUCTIONS"},
    {"local t = setmetatable({}, {__close = function() while true do end end}) do local c <close> = t end",
     "WW_LIMIT_LUA_INSTRUCTIONS"},
    {"local t = {} for i = 1, 1e9 do t[i] = {} end", "WW_LIMIT_LUA_BYTES"},
    {"local s = 'x' while true do s = s .. s end", "WW_LIMIT_LUA_BYTES"},
    {"local s = ('x'):rep(1 << 24) return s:rep(1 << 12)", "WW_LIMIT_LUA_BYTES"},
    {"for i = 1, 1e9 do local s = ('x'):rep(1 << 23) end", "WW_LIMIT_LUA_BYTES"},
    {"local t = {} while true do pcall(function() t[#t + 1] = ('x'):rep(1 << 17) .. #t end) end", "WW_LIMIT_LUA_BYTES"},
    {"local s = ('x'):rep(1 << 18) s = s .. ('x'):rep(100)", "WW_LIMIT_LUA_TEXT"},
};

static void stops_what_overruns_a_budget(void **state)
{
    (void)state;
    struct ww_lua lua;

    ww_lua_init(&lua);
    for (size_t i = 0; i < sizeof(overruns) / sizeof(overruns[0]); i++) {
        struct ww_error err = {0};
        time_t begun = time(NULL);
        if (run_chunk(&lua, overruns[i].chunk, &err) != -E2BIG || !strstr(err.text, overruns[i].limit))
            fail_msg("%s: %s", overruns[i].chunk, err.text);
        assert_true(time(NULL) - begun < 60);
        assert_int_equal(run_chunk(&lua, "assert(1)", &err), 0);
    }
    ww_lua_done(&lua);
}

static void counts_what_it_holds(void **state)
{
    (void)state;
    struct ww_lua lua;
    struct ww_error err = {0};

    ww_lua_init(&lua);
    assert_int_equal(run_chunk(&lua, "s = {} for i = 1, 10 do s[i] = ('x'):rep(1 << 17) .. i end", &err), 0);
    assert_true(lua.used > 1 << 20);
    assert_int_equal(run_chunk(&lua, "t = {} for i = 1, 80 do t[i] = ('x'):rep(1 << 17) .. i end t, s = nil", &err), 0);
    assert_true(lua.used < 1 << 20); /* collected after the call */
    ww_lua_done(&lua);
    assert_int_equal(lua.used, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(offers_only_what_is_harmless),  cmocka_unit_test(loads_no_binary_chunks),
        cmocka_unit_test(says_where_an_error_came_from), cmocka_unit_test(begins_anew_after_a_failure),
        cmocka_unit_test(stops_what_overruns_a_budget),  cmocka_unit_test(counts_what_it_holds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
