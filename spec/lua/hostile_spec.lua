--- Policies that misbehave: what they cannot spend, change, keep or find out.
local testing = require "whalewall.testing"

local function policy(name, body)
  local text = "return { apiversion = 1, name = %q, handler = function(c, options)\n%s\nend }"
  return { path = name .. ".lua", text = text:format(name, body) }
end

local CONTAINERS = { web = { networks = { "front" }, rules = "output: [{proto: tcp, dst_ports: [80, 443]}]" } }

local function site_of(...)
  local policies = {}
  for i, body in ipairs({ ... }) do
    policies[i] = type(body) == "table" and body or policy("p" .. i, body)
  end
  return testing.site { policies = policies, containers = CONTAINERS }
end

-- What takes too many instructions takes too long before (WW_LIMIT_LUA_MS) where the machine is slow.
local INSTRUCTIONS, BYTES = "WW_LIMIT_LUA_", "WW_LIMIT_LUA_BYTES"

-- What must end soon: the container is closed, with the limit or the mistake in the message.
local BOMBS = {
  { "while true do end", "); it was in p1.lua:2" },
  { "while true do pcall(function()\nwhile true do end end) end", "); it was in p1.lua:3" },
  { "local function f() pcall(f) while true do end end f()", INSTRUCTIONS },
  { "repeat local ok = pcall(error, 'x') until ok", INSTRUCTIONS },
  { "local t = setmetatable({}, { __index = function(t, k) return t[k] end }) return t.x", "overflow" },
  { "local t = setmetatable({}, { __index = function() while true do end end }) return t.x", INSTRUCTIONS },
  { "local t = setmetatable({}, { __add = function() while true do end end }) return t + 1", INSTRUCTIONS },
  { "local m = { __eq = function() while true do end end } return setmetatable({}, m) == setmetatable({}, m)",
    INSTRUCTIONS },
  { "local s = ('x'):rep(1 << 24) return s:rep(1 << 12)", BYTES },
  { "local s = 'x' while true do s = s .. s end", BYTES },
  { "local s = 'x' while true do pcall(function() s = s .. s end) end", BYTES },
  { "return ('x'):rep(1 << 40)", "too many repetitions" },
  { "return (('a'):rep(60000)):find(('a*'):rep(9) .. 'b')", "pattern too costly" },
  { "return (('a'):rep(60000)):gsub(('a-'):rep(9) .. 'b', '')", "pattern too costly" },
  { "return (('('):rep(1 << 17)):find('%b()')", "too costly" },
  { "return (('a'):rep(1 << 18)):find(('a'):rep(1 << 17) .. 'b', 1, true)", "too costly" },
  { "return (('x'):rep(10)):gsub('x', function() while true do end end)", INSTRUCTIONS },
  { "local t = {} for i = 1, 1e9 do t[i] = {} end", BYTES },
  { "local t = {} while true do pcall(function() t[#t + 1] = ('x'):rep(1 << 16) .. #t end) end", BYTES },
  { "local function f() return 1 + f() end return f()", BYTES },
  { "table.sort({ 1, 2, 3 }, function() while true do end end)", INSTRUCTIONS },
  { "setmetatable({}, { __gc = function() while true do end end })", "__gc is not allowed" },
  { "local x <close> = setmetatable({}, { __close = function() while true do end end })", INSTRUCTIONS },
  { "error(setmetatable({}, { __tostring = function() while true do end end }))", "an error that is a table" },
  { "error(('x'):rep(1 << 17))", "policy 'p1' failed" },
  { "return ('x'):rep((1 << 18) + 100)", "WW_LIMIT_LUA_TEXT" },
  { "local s = ('x'):rep(1 << 17) return s .. s .. s", "WW_LIMIT_LUA_TEXT" },
  { "return (('a'):rep(1 << 17)):find('a*b')", "too costly" },
  { "return (('a'):rep(1 << 17)):match('(a)(.-)%1b')", "too costly" },
  { "return (('a'):rep(1 << 17)):find('^[^' .. ('b'):rep(1 << 17) .. ']*')", "too costly" },
  { "for x in (('^'):rep(1 << 17)):gmatch('^*b') do end", "too costly" },
  { "return (('a'):rep(8)):find(('a*'):rep(60) .. 'b')", "too costly" },
  { "table.concat(setmetatable({}, { __index = getmetatable, __metatable = '' }), '', 1, math.maxinteger)",
    "too many elements" },
  { "local m = {} local t = setmetatable({}, m) m.__call = t while true do pcall(t) end", "WW_LIMIT_LUA_" },
  { "local f = print or pairs for i = 1, 20000 do f = setmetatable({}, { __call = f }) end f({})",
    "__call must be a function, found a table" },
  { "local t = {} for i = 1, 1e5 do t[i] = i end table.sort(t, rawequal) table.sort(t, rawequal)", INSTRUCTIONS },
  -- Functions of the libraries that call pcall for each item, which catches something each time.
  { "local t = {} for i = 1, 90000 do t[i] = rawlen end table.sort(t, pcall)", INSTRUCTIONS },
  { "local x = setmetatable({}, { __call = pcall }) local t = {} for i = 1, 60000 do t[i] = x end table.sort(t, pcall)",
    INSTRUCTIONS },
  { "local x = setmetatable({}, { __lt = pcall, __call = pcall }) local t = {} for i = 1, 60000 do t[i] = x end "
    .. "table.sort(t)", INSTRUCTIONS },
  { "local t = setmetatable({}, { __index = pcall, __call = pcall }) table.unpack(t, 1, 60000)", INSTRUCTIONS },
  { "local t, hold = {}, {} for i = 1, 60000 do t[i] = rawlen end for i = 1, 250000 do hold[i] = {} end "
    .. "local s = ('x'):rep(100000) for i = 1, 4870 do local _ = s .. i end table.sort(t, pcall)", INSTRUCTIONS },
  { "local s = ('\\0'):rep(1 << 17) local a, b = s .. 'a', s .. 'b'\nwhile true do local _ = a < b end",
    "(WW_LIMIT_LUA_MS); it was in p1.lua:3" },
  -- What takes its time inside C is paid for: none of these could be called so often in that time.
  { "local s = ('a'):rep(10000) while true do s:find('a*b') end", INSTRUCTIONS },
  { "local s, t = ('a'):rep(1 << 18), ('a'):rep(1 << 10) .. 'b' for i = 1, 1e5 do s:find(t, 1, true) end",
    INSTRUCTIONS },
  { "local s = (' '):rep(1 << 18) for i = 1, 1e5 do tonumber(s) end", INSTRUCTIONS },
  { "local s = ('x'):rep(1 << 18) for i = 1, 1e5 do utf8.len(s) end", INSTRUCTIONS },
  { "local s = ('x'):rep(1 << 18) for i = 1, 1e5 do s:byte(1, 1e5) end", INSTRUCTIONS },
  { "local s = ('x'):rep(1 << 17) for i = 1, 1e5 do ('%s'):format(s) end", INSTRUCTIONS },
  { "return (('a'):rep(20000)):gsub('', ('%0'):rep(20000))", "replacement too costly" },
  { "local t = {} for i = 1, 1900 do t = setmetatable({}, { __index = t }) end return (('a'):rep(200000)):gsub('.', t)",
    "replacement too costly" },
  { "local t = {} for i = 1, 1900 do t = setmetatable({}, { __index = t }) end return table.move(t, 1, 60000, 1, {})",
    "too many elements" },
  { "local s, t = ('\\0'):rep(1 << 17), {} for i = 1, 3000 do t[i] = s end return math.max(table.unpack(t))",
    INSTRUCTIONS },
  { "local t = {} for i = 1, 1e6 do table.insert(t, 1, i) end", INSTRUCTIONS },
  { "local t = {} for i = 1, 1e5 do t[i] = i end for i = 1, 1e4 do table.remove(t, 1) end", INSTRUCTIONS },
  { "local t, s = {}, ('x'):rep(1 << 17) for i = 1, 1e4 do t[i] = s end for i = 1, 1e4 do table.sort(t) end",
    INSTRUCTIONS },
  { "local t = {} for i = 1, 1e5 do t[i] = i end for i = 1, 1e4 do table.unpack(t) end", INSTRUCTIONS },
  { "local t = {} for i = 1, 1e5 do t[i] = i end for i = 1, 1e4 do table.move(t, 1, 1e5, 2) end", INSTRUCTIONS },
  { "table.move({}, 1, 1 << 40, 2)", "too many elements" },
  { "local t = setmetatable({}, { __len = function() return 1 << 40 end }) table.insert(t, 1, 1)",
    "not a plain table" },
  { "for i = 1, 1e7 do c:allow { output = { { ips = { '192.0.2.1' } } } } end", "WW_LIMIT_LUA_" },
  { "for i = 1, 1001 do c:allow { output = { { ips = { '192.0.2.1' } } } } end", "at most 1000 are allowed" },
  { "for i = 1, 1001 do c:refuse({ output = { { ips = { '192.0.2.1' } } } }, 'r') end",
    "make 1001 refusals; at most 1000" },
  { "for i = 1, 1001 do c:warn('x') end", "make 1001 notes; at most 1000" },
  { [[local rules, some = {}, {}
for i = 1, 900 do rules[i] = { ips = { '0.0.0.0/0' } } end
for i = 1, 200 do some[i] = ('192.0.%d.0-192.1.%d.0'):format(i, i) end
c:allow { output = rules }
for i = 1, 200 do c:refuse({ output = { { ips = { some[i] }, proto = 'tcp', dst_ports = { i } } } }, 'r') end]],
    "makes too many rules" },
  { "for i = 1, 1e7 do c:warn(('x'):rep(300)) end", "WW_LIMIT_LUA_" },
  { "local t = { {} } t[1][1] = t c:allow { output = t }", "" },
}

describe("a bomb", function()
  for _, row in ipairs(BOMBS) do
    it("goes off in its own container: " .. row[1], function()
      site_of(row[1]):closes("web", row[2])
    end)
  end

  it("of addresses and refusals is refused before it takes long", function()
    local text = [[return { apiversion = 1, name = "p", groups = function()
      local big = {}
      for i = 1, 2000 do big[i] = ("10.%d.%d.0/31"):format(i // 250, i % 250) end
      return { big = big }
    end, handler = function(c)
      for i = 1, 100 do c:refuse({ output = { { ips = { ("192.0.2.%d"):format(i) } } } }, "r") end
    end }]]
    local site = testing.site { policies = { { path = "p.lua", text = text } },
      containers = { web = { networks = { "front" }, rules = "output:\n" .. ('- {ips: ["@big"]}\n'):rep(50) } } }
    site:closes("web", "WW_LIMIT_BAN_WORK")
  end)

  it("does not keep the next container from being judged", function()
    local body = "if c.name == 'bad' then while true do pcall(function() while true do end end) end end c:manage(true)"
    local site = testing.site { policies = { policy("p", body) },
      containers = { bad = { networks = { "front" } }, good = { networks = { "front" } } } }
    site:closes("bad", INSTRUCTIONS)
    assert.is_nil(site:fault("good"))
    site:manages("good")
  end)

  it("in the file itself is refused when it is loaded", function()
    for _, text in ipairs({ "while true do end", "local s = 'x' while true do s = s .. s end" }) do
      local ok, message = pcall(testing.site, { policies = { { path = "p.lua", text = text } } })
      assert.is_false(ok)
      assert.is_truthy(tostring(message):find("WW_LIMIT_LUA_", 1, true), message)
    end
  end)
end)

-- A name is looked for in all functions around it, and among all their locals.
describe("a file that takes long to compile", function()
  it("is refused before it is compiled", function()
    local names, depth = {}, 185
    for i = 1, 120 do
      names[i] = ("a%x"):format(i)
    end
    local head = ("local %s\nlocal function f()\n"):format(table.concat(names, ","))
    local text = head:rep(depth) .. ("do local z = function() %s end end\n"):format(("x=x;"):rep(60)):rep(500)
      .. ("end\n"):rep(depth)
    local ok, message = pcall(testing.site, { policies = { { path = "p.lua", text = text } } })
    assert.is_false(ok)
    assert.is_truthy(tostring(message):find("WW_LIMIT_LUA_MS", 1, true), message)
  end)
end)

-- Each tries to change what others see; after it everything must be as without it.
local ATTACKS = {
  "string.format = nil table.concat = nil _G.pairs = nil _G.string = nil",
  "string.format = function() return 'x' end table.sort = function() end math.max = nil",
  "string.upper = function() return 'x' end",
  "rawset(string, 'format', nil) rawset(_G, 'assert', nil)",
  "pcall(function() getmetatable('').__index = {} end)",
  "pcall(setmetatable, '', { __index = {} })",
  "pcall(setmetatable, c, { __index = {} }) pcall(rawset, c, 'allow', 1)",
  "for _, rule in ipairs(c:rules()) do for k in pairs(rule) do rule[k] = nil end end",
  "c.networks[1].name = 'other' c.networks[1].ipv4 = '192.0.2.1' c.published[1] = { proto = 'tcp', port = 1 }",
  "options.x = 1 options.list[1] = 'changed' options.list[2] = 'more'",
  "local mt = getmetatable(c) assert(mt == false)",
  "for _, f in ipairs({ c.allow, c.refuse, c.rules }) do assert(type(f) == 'function') end",
  "local a = c.allow pcall(a, setmetatable({}, {}), {}) pcall(a, {}, {})",
  "c.networks.x = c.networks c.networks[1] = nil",
}

-- A label within all other limits, of 16 addresses and 32 ports a rule.
describe("a label of many elements", function()
  local function closes(rules)
    local ips, ports, out = {}, {}, {}
    for i = 1, 16 do ips[i] = "192.0.2." .. 2 * i end
    for i = 1, 32 do ports[i] = 2 * i end
    for i = 1, rules do
      out[i] = ("- {proto: tcp, ips: [%s], dst_ports: [%s]}"):format(table.concat(ips, ","), table.concat(ports, ","))
    end
    return testing.site { policies = { policy("p", "") },
      containers = { web = { networks = { "front" }, rules = "output:\n" .. table.concat(out, "\n") } } }
  end

  it("is taken up to the limit", function()
    assert.is_nil(closes(32768 / 16 / 32):fault("web"))
  end)

  it("is refused above it, with a rule's name and what to do", function()
    closes(32768 / 16 / 32 + 1):closes("web", "WW_LIMIT_ELEMENTS")
    closes(32768 / 16 / 32 + 1):closes("web", "'output[0] line 2': name CIDRs or ranges")
  end)
end)

describe("an attack", function()
  local SCHEMA = [[return { apiversion = 1, name = "%s", schema = { { "list", "texts", default = { "a" } } },
handler = function(c, options)
%s
end }]]
  local WATCHER = [[
local seen = { ("%s"):format("fine"), c.networks[1].name, c.networks[1].ipv4, #c.published, #c:rules(), options.list[1],
  #options.list, tostring(rawget(options, "x")), ("x"):upper(), table.concat({ 1, 2 }, "-") }
for i, value in ipairs(seen) do seen[i] = tostring(value) end
c:warn(table.concat(seen, " "))]]
  local function run(name, attack)
    local site = site_of({ path = "a.lua", text = SCHEMA:format("a", attack) },
      { path = "b.lua", text = SCHEMA:format("b", WATCHER) })
    assert.is_nil(site:fault("web"), name)
    return site:text() .. table.concat(site:notes("web"), "\n")
  end
  local expected = run("nothing", "")

  it("is seen by the watcher if it works", function()
    assert.is_truthy(expected:find("fine front 10.1.0.3 0 1 a 1 nil X 1-2", 1, true), expected)
  end)

  for _, attack in ipairs(ATTACKS) do
    it("changes nothing for another policy, nor for labels: " .. attack, function()
      assert.equal(expected, run(attack, attack))
    end)
  end
end)

describe("a handler", function()
  it("keeps nothing from one container to the next", function()
    local text = [[
local count = 0
return { apiversion = 1, name = "p", handler = function(c)
  count = count + 1
  total = (total or 0) + 1
  string.total = (string.total or 0) + 1
  c:manage(true)
  c:warn(("%d %d %d"):format(count, total, string.total))
end }]]
    local site = testing.site { policies = { { path = "p.lua", text = text } },
      containers = { a = { networks = { "front" } }, b = { networks = { "front" } } } }
    site:warns("a", "1 1 1")
    site:warns("b", "1 1 1")
  end)

  -- Whatever is there must not tell runs apart.
  it("finds neither time, chance, files, nor addresses in memory", function()
    for name in ("os io debug package require load loadfile loadstring dofile coroutine collectgarbage print warn "
      .. "xpcall next"):gmatch("%g+") do
      site_of(("assert(%s == nil) c:manage(true)"):format(name)):manages("web")
    end
    assert.is_nil(site_of("assert(math.random == nil and string.dump == nil and math.randomseed == nil)"):fault("web"))
    assert.is_nil(site_of("assert(tostring({}) == 'table' and tostring(print or pairs) == 'function')"):fault("web"))
    site_of("return ('%p'):format({})"):closes("web", "has no text")
    site_of("return ('%s'):format({})"):closes("web", "has no text")
    site_of("return ('%p'):format('text')"):closes("web", "has no text")
    site_of("return ('\\0%p'):format('text')"):closes("web", "has no text")
    site_of("return ('%p'):format(setmetatable({}, { __tostring = function() return '' end }))"):closes("web",
      "has no text")
    assert.is_nil(site_of("assert(tostring(setmetatable({}, { __metatable = { __tostring = 1 } })) == 'table')")
      :fault("web"))
    assert.is_nil(site_of("return ('%s %d'):format(1, 2)"):fault("web"))
    site_of("for k in pairs({ [{}] = 1 }) do end"):closes("web", "which has no order")
  end)

  it("names no address that ends before its text does", function()
    site_of([[c:refuse({ output = { { ips = { "10.0.0.1\0-10.255.255.255" } } } }, "no")]]):closes("web", "zero byte")
    site_of([[c:allow { output = { { ips = { "10.0.0.1\0/8" } } } }]]):closes("web", "zero byte")
  end)

  -- What is left in a weak table tells when memory was collected, which is not the same in every run.
  it("has no weak tables", function()
    local GARBAGE = " for i = 1, 1e6 do local _ = { {} } end "
    site_of("setmetatable({}, { __mode = 'k' })"):closes("web", "__mode is not allowed")
    for _, weak in ipairs({ "m.__mode = 'v'", "rawset(m, '__mode', 'v')", "getmetatable(t).__mode = 'v'" }) do
      local site = site_of("local m = {} local t = setmetatable({}, m) " .. weak .. " t[1] = {}" .. GARBAGE
        .. "assert(t[1], 'it was collected') c:manage(true)")
      assert.is_nil(site:fault("web"), weak)
    end
  end)

  it("has metatables as they were when they were set", function()
    assert.is_nil(site_of([[
local Class = { __len = function() return 7 end, __eq = function() return true end }
Class.__index = Class
local a, b = setmetatable({}, Class), setmetatable({}, Class)
function Class.name() return "later" end
assert(getmetatable(a) == Class and a.name() == "later" and #a == 7 and a == b)
assert(setmetatable(a, nil) == a and getmetatable(a) == nil and a.name == nil)
local Derived = setmetatable({}, { __index = Class, __call = function(_, x) return x end })
assert(Derived(3) == 3 and Derived.name() == "later")
local shut = setmetatable({}, { __metatable = "shut", __tostring = function() return "text" end })
assert(getmetatable(shut) == "shut" and tostring(shut) == "text" and not pcall(setmetatable, shut, {}))
assert(not pcall(setmetatable, 1, {}) and not pcall(setmetatable, {}) and not pcall(setmetatable, {}, 1))]])
      :fault("web"))
  end)

  it("walks tables in one order", function()
    local site = site_of([[
local t, seen = { "a", "b", [10] = 1, [2.5] = 1, z = 1, y = 1, [true] = 1, [false] = 1, x = 1 }, {}
for k in pairs(t) do seen[#seen + 1] = tostring(k) end
c:warn(table.concat(seen, " "))]])
    site:warns("web", '"1 2 2.5 10 x y z true false"')
  end)
end)
