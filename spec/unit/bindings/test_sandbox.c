#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/limits.h"

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
    /* sorting: equal ones stay in their order, also in a list that has Lua's own look at the clock */
    "local t = {} for i = 1, 5000 do t[i] = {i % 3 == 0 and i or 1, i} end"
    " table.sort(t, function(a, b) return a[1] < b[1] end)"
    " for i = 2, #t do local a, b = t[i - 1], t[i] assert(a[1] < b[1] or a[1] == b[1] and a[2] < b[2]) end",
    "for n = 0, 40 do local t = {} for i = 1, n do t[i] = i * 7 % 13 end table.sort(t, function(a, b) return a > b end)"
    " assert(#t == n) for i = 2, n do assert(t[i - 1] >= t[i]) end end",
    "local t = {} for i = 1, 100 do t[i] = i end table.sort(t, function() return true end) assert(#t == 100)",
    "local t = {3, 1, 2} assert(not pcall(table.sort, t, function() error('x') end) and table.concat(t) == '312')",
    "assert(not pcall(table.sort, {1, 'a'}) and not pcall(table.sort, {1, 2}, 3) and not pcall(table.sort))",
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
    "local t = setmetatable({}, {__index = getmetatable, __metatable = ''})"
    " assert(not pcall(table.concat, t, '', 1, math.maxinteger) and not pcall(table.concat, t, '', math.mininteger, 1))"
    " assert(table.concat(t, 'x', 1, 3) == 'xx' and table.concat({1, 2, 3}, ' ', 2) == '2 3')",
    "local t = {} for _, c in utf8.codes('aä€') do t[#t + 1] = c end assert(table.concat(t, ' ') == '97 228 8364')",
    "assert(not pcall(function() for _ in utf8.codes('a\\xff') do end end))",
    "assert(('abc'):find('b', math.mininteger) == 2 and ('abc'):match('c', -9223372036854775807) == 'c')",
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
    "local b = setmetatable({}, {__tostring = function() return 'b' end}) local meta = getmetatable(b)"
    " local a = setmetatable({}, {__tostring = function() meta.__tostring = nil return 'a' end})"
    " local ok, text = pcall(string.format, '%s %s', a, b) assert(not ok and text:find('has no text'))",
    "local n = 0 local t = setmetatable({}, {__tostring = function() n = n + 1 return 't' .. n end})"
    " assert(('%s %5s %q'):format(t, t, t) == 't1    t2 \"t3\"')",
    /* what is put in, and what is asked for it */
    "assert(('abc'):gsub('%w', '%0%0.') == 'aa.bb.cc.' and ('abc'):gsub('%w', {a = '1', b = false}) == '1bc')",
    "local t = setmetatable({}, {__index = setmetatable({}, {__index = function(_, k) return k .. k end})})"
    " assert(('ab'):gsub('.', t) == 'aabb' and ('5%'):gsub('%%', '%%%%') == '5%%')",
    "assert(math.max(3, 7.5) == 7.5 and math.min('b', 'a') == 'a' and not pcall(math.max))",
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
     "WW_LIMIT_LUA_INSTRUCTIONS"},
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
    /* what is paid for: none could be called so often in a second */
    {"local s = ('a'):rep(10000) while true do s:find('a*b') end", "WW_LIMIT_LUA_INSTRUCTIONS"},
    {"local s, t = ('a'):rep(1 << 18), ('a'):rep(1 << 10) .. 'b' for i = 1, 1e5 do s:find(t, 1, true) end",
     "WW_LIMIT_LUA_INSTRUCTIONS"},
    {"local s = (' '):rep(1 << 18) for i = 1, 1e4 do tonumber(s) end", "WW_LIMIT_LUA_INSTRUCTIONS"},
    {"local s = ('x'):rep(1 << 18) for i = 1, 1e4 do utf8.len(s) end", "WW_LIMIT_LUA_INSTRUCTIONS"},
    {"local s = ('x'):rep(1 << 18) for i = 1, 1e4 do s:byte(1, 1e5) end", "WW_LIMIT_LUA_INSTRUCTIONS"},
    {"local s = 'a' .. ('\x80'):rep(1 << 17) local next = utf8.codes(s) for i = 1, 1e4 do pcall(next, s, 1) end",
     "WW_LIMIT_LUA_INSTRUCTIONS"},
    {"local t = {} for i = 1, 1e6 do table.insert(t, 1, i) end", "WW_LIMIT_LUA_INSTRUCTIONS"},
    {"local t = {} for i = 1, 1e5 do t[i] = i end for i = 1, 1e4 do table.remove(t, 1) end",
     "WW_LIMIT_LUA_INSTRUCTIONS"},
    {"local t = {} for i = 1, 1e5 do t[i] = i end for i = 1, 1e3 do table.unpack(t) end", "WW_LIMIT_LUA_INSTRUCTIONS"},
    {"local t = {} for i = 1, 1e5 do t[i] = i end for i = 1, 1e3 do table.move(t, 1, 1e5, 2) end",
     "WW_LIMIT_LUA_INSTRUCTIONS"},
    {"local t = setmetatable({}, {__index = getmetatable, __metatable = ''})\n"
     "for i = 1, 100 do table.concat(t, '', 1, 60000) end",
     "WW_LIMIT_LUA_INSTRUCTIONS"},
    {"local t = setmetatable({}, {__index = getmetatable, __metatable = ''})\n"
     "for i = 1, 20 do pcall(table.unpack, t, 1, 60000) end",
     "WW_LIMIT_LUA_INSTRUCTIONS"},
    {"local s, t = ('\\0'):rep(1 << 17), {} for i = 1, 100 do t[i] = s end math.max(table.unpack(t))",
     "WW_LIMIT_LUA_INSTRUCTIONS"},
    {"local s, t = ('\\0'):rep(1 << 17), {} for i = 1, 20 do t[i] = s end table.sort(t)", "WW_LIMIT_LUA_INSTRUCTIONS"},
    {"local s = ('a'):rep(20000) for i = 1, 5 do pcall(string.gsub, s, '', ('%0'):rep(800)) end",
     "WW_LIMIT_LUA_INSTRUCTIONS"},
    {"local t = {} for i = 1, 1900 do t = setmetatable({}, {__index = t}) end\n"
     "for i = 1, 5 do pcall(string.gsub, ('a'):rep(3000), '.', t) end",
     "WW_LIMIT_LUA_INSTRUCTIONS"},
    {"local t = {} for i = 1, 1900 do t = setmetatable({}, {__index = t}) end\n"
     "for i = 1, 5 do pcall(table.move, t, 1, 3000, 1, {}) end",
     "WW_LIMIT_LUA_INSTRUCTIONS"},
};

static int sleep_and_work(lua_State *L)
{
    usleep(200000);
    lua_getglobal(L, "f");
    lua_call(L, 0, 0);
    return 0;
}

static void stops_what_overruns_a_budget(void **state)
{
    (void)state;
    struct ww_lua lua;

    ww_lua_init(&lua);
    lua.limit_ns = INT64_MAX;
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

/* One instruction of these takes so long that their number is no bar. */
static const char *const slow[] = {
    "local s = ('\\0'):rep(1 << 17) local a, b = s .. 'a', s .. 'b'\nwhile true do local _ = a < b end",
    "local s = ('x'):rep(1 << 17) local a, b = s .. 'a', s .. 'b'\nwhile true do local _ = a == b end",
    "local s = ('0'):rep(1 << 17) .. '1'\nwhile true do local _ = s + 1 end",
    "local t = {} for i = 1, 1900 do t = setmetatable({}, {__index = t}) end\nwhile true do local _ = t.x end",
    "local t, g = {}, function(...) local a = ... return a end for i = 1, 2e5 do t[i] = i end\n"
    "local function f(...) while true do g(...) end end f(table.unpack(t))",
    "local t = {} for i = 1, 3e5 do t['k' .. i] = 1 end for i = 1, 3e5 do t['k' .. i] = nil end\n"
    "while true do for k in next, t do end end",
    "local meta = {} local t = setmetatable({}, meta) meta.__call = t\nwhile true do pcall(t) end",
    "while true do\npcall(function() while true do local s = ('0'):rep(1 << 17) + 1 end end) end",
};

static void stops_what_takes_too_long(void **state)
{
    (void)state;
    struct ww_lua lua;

    ww_lua_init(&lua);
    assert_true(lua.limit_ns >= WW_LIMIT_LUA_MS * WW_NS_PER_MS);
    for (size_t i = 0; i < sizeof(slow) / sizeof(slow[0]); i++) {
        struct ww_error err = {0};
        time_t begun = time(NULL);
        lua.limit_ns = 20 * WW_NS_PER_MS;
        if (run_chunk(&lua, slow[i], &err) != -E2BIG || !strstr(err.text, "(WW_LIMIT_LUA_MS)"))
            fail_msg("%s: %s", slow[i], err.text);
        assert_true(time(NULL) - begun < 60);
        assert_int_equal(run_chunk(&lua, "for i = 1, 10000 do assert(1) end", &err), 0);
    }
    ww_lua_done(&lua);
}

static void says_where_it_took_too_long(void **state)
{
    (void)state;
    struct ww_lua lua;
    struct ww_error err = {0};

    ww_lua_init(&lua);
    lua.limit_ns = 20 * WW_NS_PER_MS;
    assert_int_equal(run_chunk(&lua, slow[0], &err), -E2BIG);
    assert_non_null(strstr(err.text, "takes more than 20 ms of the processor's time (WW_LIMIT_LUA_MS); it was in "
                                     "chunk:2"));
    ww_lua_done(&lua);
}

/* Of a busy machine, say: only its own work counts. */
static void does_not_count_time_in_which_others_work(void **state)
{
    (void)state;
    struct ww_lua lua;
    struct ww_error err = {0};

    ww_lua_init(&lua);
    assert_int_equal(run_chunk(&lua, "function f() for i = 1, 10000 do assert(1) end end", &err), 0);
    lua.limit_ns = 100 * WW_NS_PER_MS;
    assert_int_equal(ww_lua_call(&lua, sleep_and_work, NULL, &err), 0);
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
        cmocka_unit_test(offers_only_what_is_harmless),
        cmocka_unit_test(loads_no_binary_chunks),
        cmocka_unit_test(says_where_an_error_came_from),
        cmocka_unit_test(begins_anew_after_a_failure),
        cmocka_unit_test(stops_what_overruns_a_budget),
        cmocka_unit_test(counts_what_it_holds),
        cmocka_unit_test(says_where_it_took_too_long),
        cmocka_unit_test(stops_what_takes_too_long),
        cmocka_unit_test(does_not_count_time_in_which_others_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
