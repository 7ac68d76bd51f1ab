--- Two agents in one state of Lua, each in a network namespace of its own, without an engine: agents.lua FOLDER NETNS…
local whalewall = require "whalewall"

local folder = arg[1]

local function matches(text, pattern)
  assert(tostring(text):find(pattern), text)
end

local function raises(pattern, fn, ...)
  local ok, message = pcall(fn, ...)
  assert(not ok)
  matches(message, pattern)
end

-- What this one tells, and what it does when it tells something.
local function open(number, given)
  local told = { lines = {}, states = 0 }
  local options = {
    data_dir = folder .. "/" .. number,
    network_namespace = arg[1 + number],
    docker_host = "unix:///proc/no/engine.sock",
    log = function(line)
      told.lines[#told.lines + 1] = line.text
      if told.on_line then
        told.on_line(line)
      end
    end,
    state = function() told.states = told.states + 1 end,
  }
  for key, value in pairs(given or {}) do
    options[key] = value
  end
  told.agent = assert(whalewall.agent(options))
  return told
end

local one, two = open(1), open(2, { jail = assert(whalewall.jail()) })
assert(one.agent:start())
assert(two.agent:start())
assert(one.agent:fd() >= 0 and one.agent:fd() ~= two.agent:fd())

-- In one loop, until both have said that there is no engine.
local function kinds_of(agent)
  local kinds = {}
  for _, event in ipairs(assert(agent:ask("events")).events) do
    kinds[event.kind] = event
  end
  return kinds
end
repeat
  whalewall.wait({ one.agent, two.agent }, 50)
  assert(one.agent:dispatch())
  assert(two.agent:dispatch())
until kinds_of(one.agent).engine and kinds_of(two.agent).engine
assert(#one.lines > 0 and #two.lines > 0)

-- Questions.
local status = assert(one.agent:ask("status"))
assert(status.format == 1 and status.program.sandbox == "off")
assert(two.agent:ask("status").program.sandbox == "on")
assert(one.agent:ask("metrics"):find("^# HELP"))
local next_event = one.agent:ask("events").next
assert(math.type(next_event) == "integer" and #one.agent:ask("events", { since = next_event }).events == 0)
matches(select(2, one.agent:ask("show", { container = "web" })), "'web' is no container")
matches(select(2, one.agent:ask("drops", { contaner = "web" })), "takes no value 'contaner'")
matches(select(2, one.agent:ask("shwo")), "there are: status")
raises("a: a text is needed, and not a table", one.agent.ask, one.agent, "drops", { a = {} })

-- What a callback may do, and what it may not. What it raises, the call raises that it was called in.
local seen = {}
function one.on_line()
  one.on_line = nil
  for _, name in ipairs { "dispatch", "run", "start", "close", "timeout" } do
    seen[name] = select(2, pcall(one.agent[name], one.agent))
  end
  seen.ask = select(2, pcall(one.agent.ask, one.agent, "status"))
  seen.wait = select(2, pcall(whalewall.wait, { one.agent }))
  collectgarbage()
  assert(two.agent:dispatch()) -- of another one
  coroutine.yield()
end
one.agent:reload()
raises("attempt to yield", function()
  while true do
    whalewall.wait({ one.agent }, 50)
    assert(one.agent:dispatch())
  end
end)
for _, name in ipairs { "dispatch", "run", "start", "close", "timeout", "wait" } do
  matches(seen[name], "a callback of an agent may not")
end
matches(seen.ask, "may only be told to stop")
assert(one.agent:dispatch()) -- it goes on

-- In a coroutine, which a hook interrupts, as Lua's interpreter does for Ctrl-C.
local running = coroutine.create(function() one.agent:run() end)
debug.sethook(running, function() error("interrupted!") end, "c")
local ok, message = coroutine.resume(running)
assert(not ok)
matches(message, "interrupted!")

-- It stops from a callback, and run says so.
function one.on_line()
  one.agent:stop()
end
one.agent:reload()
assert(one.agent:run() == true)
assert(one.agent:dispatch() == false)
one.on_line = nil

-- Cleared: it stops, too.
assert(two.agent:ask("clear").format == 1)
assert(two.agent:run())

-- A second one in the same namespace is refused, and says why; then it can be had once more.
one.agent:close()
one = open(1)
assert(one.agent:start())
local third = open(1)
matches(select(2, third.agent:start()), "data directory")
third = nil -- luacheck: ignore
one = nil -- luacheck: ignore
collectgarbage()
collectgarbage()
local again = open(1)
assert(again.agent:start())
print("all holds")
os.exit(true, true)
