-- An agent in Lua: it enforces the labels of an engine's containers, prints what it says, and each packet that was
-- dropped. Ctrl-C ends it; the rules stay.
--
--     lua5.4 agent.lua DATA-DIRECTORY [NETWORK-NAMESPACE ENGINE]...
--
-- Each pair of a network namespace (/proc/PID/ns/net) and an engine (unix:///run/docker.sock) has an agent of its own;
-- without one the agent is for the engine of this host.
local whalewall = require "whalewall"

local agents = {}

local function open(number, namespace, engine)
  local dir = arg[1] .. "/" .. number
  local follower = { dir = dir, drops = 0, told = 0 }
  follower.agent = assert(whalewall.agent {
    data_dir = dir,
    network_namespace = namespace,
    docker_host = engine,
    jail = assert(whalewall.jail()), -- labels are read in processes that can do nothing else
    log = function(line)
      print(dir .. ": " .. line.text)
    end,
    state = function(state)
      follower.drops = state.drops
      print(("%s: state engine=%s ready=%s containers=%d"):format(dir, state.engine, state.ready, state.containers))
    end,
  })
  agents[number] = follower.agent
  return follower
end

-- What was dropped since this was asked last.
local function print_drops(follower)
  local answer = assert(follower.agent:ask("drops", { since = follower.next }))
  follower.told, follower.next = follower.drops, answer.next
  for _, drop in ipairs(answer.drops) do
    print(("%s: dropped %s -> %s: %s"):format(follower.dir, drop.container or drop.address, drop.peer, drop.text))
  end
end

io.stdout:setvbuf("line")
local followers = {}
for i = 2, math.max(#arg, 2), 2 do
  followers[#followers + 1] = open(#followers + 1, arg[i], arg[i + 1])
end
for _, follower in ipairs(followers) do
  assert(follower.agent:start())
end
local goes_on = true
while goes_on do
  whalewall.wait(agents)
  for _, follower in ipairs(followers) do
    goes_on = assert(follower.agent:dispatch() ~= nil) and goes_on
    if follower.drops ~= follower.told then
      print_drops(follower)
    end
  end
end
