--- require "whalewall" with any arguments: each call returns or raises, and the process goes on. Also under
-- AddressSanitizer. WW_FUZZ=<n> makes it longer, WW_SEED=<seed> repeats a run.
local files = require "spec.lua.support.files"
local whalewall = require "whalewall"

local ROUNDS = tonumber(os.getenv("WW_FUZZ")) or 1500
local SEED = tonumber(os.getenv("WW_SEED")) or 1

local RECORDED = "spec/recordings/engine-20.10/"
local CONTAINERS = files.read(RECORDED .. "inspect-two-networks.json")
local NETWORKS = files.read(RECORDED .. "network-inspect.json")

local KEYS = {}
for name in files.read("bindings/rock/agent_options.c"):gmatch('%.name = "([%l_]+)"') do
  KEYS[#KEYS + 1] = name
end
for name in files.read("bindings/rock/world.c"):gmatch('%.name = "([%l_]+)"') do
  KEYS[#KEYS + 1] = name
end

local WORDS = {
  "", "\0", "web", "rec-web-1", "host", "internet", "tcp/443", "tcp", "icmp", "192.0.2.1", "2001:db8::1",
  "status", "show", "explain", "drops", "events", "enforced", "suggest", "metrics", "clear", "container",
  "since", "output: []", "[]", "{}", "[{}]", '[{"Id":1}]', "\xff\xfe", "all", "warn", ("x"):rep(70000),
  ("["):rep(3000), "%s%n", "-1", "1e999",
}

local function pick(list)
  return list[math.random(#list)]
end

-- The text with some bytes of it changed.
local function changed(text)
  for _ = 1, math.random(3) do
    local at = math.random(#text)
    text = text:sub(1, at - 1) .. string.char(math.random(0, 255)) .. text:sub(at + math.random(0, 2))
  end
  return text
end

local value

local function options(folder, depth)
  local made = {}
  for _ = 1, math.random(0, 4) do
    local key = math.random(8) == 1 and value(folder, depth - 1) or pick(KEYS)
    made[key == key and key or 0.5] = value(folder, depth - 1) -- NaN is no key
  end
  if type(made.data_dir) == "string" or math.random(3) > 1 then
    made.data_dir = folder -- no other is to be made
  end
  return made
end

local function hostile()
  local function raise() error("hostile") end
  return setmetatable({}, { __index = raise, __newindex = raise, __len = raise, __gc = raise, __tostring = raise,
    __call = raise, __name = 7, __close = raise, __pairs = raise })
end

-- Any value. Objects of the library are among them, open and closed.
function value(folder, depth)
  local kinds = {
    function() return true end,
    function() return math.random(2) == 1 end,
    function() return pick { 0, -1, 1, 80, 65536, math.maxinteger, math.mininteger, 1 << 31 } end,
    function() return pick { 0.5, -0.0, 1 / 0, 0 / 0, 1e308 } end,
    function() return pick(WORDS) end,
    function() return pick(WORDS) end,
    function() return changed(pick { CONTAINERS, NETWORKS }) end,
    function() return pick { type, hostile, coroutine.wrap(type), coroutine.yield, error } end,
    function() return pick { io.stdout, coroutine.create(print), hostile() } end,
    function() return pick { whalewall.world, assert(whalewall.world()), whalewall } end,
    function() return depth > 0 and options(folder, depth) or {} end,
    function() return depth > 0 and { value(folder, depth - 1), value(folder, depth - 1) } or {} end,
  }
  return pick(kinds)()
end

local function arguments(folder)
  local list = table.pack()
  for i = 1, math.random(0, 4) do
    list[i] = math.random(6) > 1 and value(folder, 2) or nil
    list.n = i
  end
  return list
end

local WORLD_METHODS = { "check", "add_containers", "add_networks", "add_images", "compile", "containers", "show",
  "evaluate", "explain" }
-- An agent is not started: it would be in this network namespace.
local AGENT_METHODS = { "fd", "timeout", "dispatch", "run", "stop", "reload", "ask", "files" }

local function call(fn, ...)
  local ok, message = pcall(fn, ...)
  return ok and message or nil
end

local function try_world(folder)
  local world = assert(whalewall.world())
  call(world.add_containers, world, math.random(2) == 1 and CONTAINERS or changed(CONTAINERS))
  call(world.add_networks, world, math.random(2) == 1 and NETWORKS or changed(NETWORKS))
  for _ = 1, 6 do
    local list = arguments(folder)
    call(world[pick(WORLD_METHODS)], math.random(9) > 1 and world or value(folder, 1), table.unpack(list, 1, list.n))
  end
  return math.random(2) == 1 and world:close()
end

local function try_agent(folder)
  local given = options(folder, 2)
  given.data_dir = given.data_dir and folder
  local agent = call(whalewall.agent, given)
  for _ = 1, agent and 6 or 0 do
    local list = arguments(folder)
    call(agent[pick(AGENT_METHODS)], math.random(9) > 1 and agent or value(folder, 1), table.unpack(list, 1, list.n))
  end
  return agent and math.random(2) == 1 and agent:close()
end

local function try_module(folder)
  local list = arguments(folder)
  call(whalewall.world, table.unpack(list, 1, list.n))
  call(whalewall.wait, list[1], pick { 0, 1, -1, 0.5, "a", {} })
  call(whalewall.jail, pick { 1, "a", {}, type })
  for _, object in ipairs { value(folder, 1), assert(whalewall.world()) } do
    local method = type(object) == "userdata" and debug.getmetatable(object).__close
    call(method or type, list[1])
  end
end

describe("the library", function()
  it("takes any arguments", function()
    math.randomseed(SEED)
    local pipe = assert(io.popen("mktemp -d"))
    local folder = pipe:read("l")
    pipe:close()
    for round = 1, ROUNDS do
      pick { try_world, try_world, try_agent, try_module }(folder)
      if round % 100 == 0 then
        collectgarbage()
      end
    end
    os.execute(("rm -r '%s'"):format(folder))
    assert.is_true(#KEYS > 30)
  end)
end)
