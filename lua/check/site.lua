--- What the policy step makes of the services: the same code as in the agent, with the site's policies.
local compose_scene = require "compose.scene"
local scene = require "testing.scene"

local M = {}

local Site = {}
Site.__index = Site

--- open(project, given, native, add) -> site. Raises what is wrong with a policy. add(networks, containers) puts in
-- what is there beside the project; nil: nothing is.
function M.open(project, given, native, add)
  local networks, containers = compose_scene.of(project)
  if add then
    add(networks, containers)
  end
  local built = scene.build { policies = given.policies, config = given.config, networks = networks,
    containers = containers }
  built.scene.here = true -- labels are read in this state, where most have been read already
  return setmetatable({ project = project, built = built, simulation = native.simulate(built.scene) }, Site)
end

--- site:container(service) -> the simulated container of the first instance; nil: there is none.
function Site:container(service)
  local name = compose_scene.instances(self.project, service)[1]
  return self.built.containers[name]
end

--- site:state(service) -> {managed, audited, fault, notes = list of {origin, text}} | nil
function Site:state(service)
  local container = self:container(service)
  if not container then
    return nil
  end
  return self.simulation:state(container.id)
end

-- A name server outside, and a port that any program may ask from.
local ASKING = { proto = 17, sport = 40000, dst = "198.51.100.53", dport = 53, dialled = "198.51.100.53",
  dialled_port = 53 }

--- site:may_ask(service) -> may it ask a name server anywhere?
function Site:may_ask(service)
  local container = self:container(service)
  for _, network in ipairs(self.built.scene.networks) do
    for _, endpoint in ipairs(network.endpoints) do
      if container and endpoint.container == container.id then
        ASKING.src = endpoint.ipv4
        return self.simulation:judge(ASKING).allowed
      end
    end
  end
  return true
end

return M
