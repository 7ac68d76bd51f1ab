-- Would these labels do what they are meant to? No engine, no root.
--
--     docker inspect $(docker ps -q) > containers.json
--     docker network inspect $(docker network ls -q) > networks.json
--     lua5.4 check.lua containers.json networks.json [FROM TO [WHAT]]      such as: web db tcp/5432
local whalewall = require "whalewall"

local function fail(message)
  io.stderr:write("check: ", message, "\n")
  os.exit(2, true)
end

-- What can fail returns nil and what is wrong.
local function need(value, message)
  return value or fail(message)
end

local function read_file(path)
  local file = need(io.open(path, "rb"))
  local text = file:read("a")
  file:close()
  return text
end

if #arg ~= 2 and #arg ~= 4 and #arg ~= 5 then
  fail("usage: check.lua CONTAINERS NETWORKS [FROM TO [WHAT]]")
end
local world <close> = need(whalewall.world())
need(world:add_containers(read_file(arg[1])))
need(world:add_networks(read_file(arg[2])))
for _, container in ipairs(need(world:containers())) do
  if container.fault then
    print(container.name .. " is closed: " .. container.fault)
  end
end
if arg[3] then
  local answer = need(world:explain(arg[3], arg[4], arg[5]))
  print(answer.verdict)
  for _, way in ipairs(answer.ways) do
    for _, step in ipairs(way.steps) do
      print(way.source, way.destination, step.at, step.text, step.hint)
    end
  end
end
os.exit(need(world:compile()) == 0, true)
