-- A script that only judges labels, and stays as it is then: judge.lua CONTAINERS NETWORKS
local whalewall = require "whalewall"

local function read_file(path)
  local file <close> = assert(io.open(path, "rb"))
  return file:read("a")
end

local world = assert(whalewall.world())
assert(world:add_containers(read_file(arg[1])))
assert(world:add_networks(read_file(arg[2])))
assert(world:compile() == 0)
collectgarbage()
print "compiled"
io.stdout:flush()
io.read()
