--- Facts for compile tests: container app-web-1 of project app, on app_default, unless the case says otherwise.
local M = {}

--- Stands for "not there" where the case overrides a default.
M.none = {}

function M.network(id, name, project, compose_network)
  return { id = id, name = name, project = project, compose_network = compose_network }
end

M.default = M.network("n1", "app_default", "app", "default")
M.backend = M.network("n2", "app_backend", "app", "backend")

--- An endpoint; without addresses it has none yet.
function M.on(network, ipv4, ipv6)
  return { network = network, ipv4 = ipv4, ipv6 = ipv6 }
end

function M.publish(proto, cport, host, hport)
  return { proto = proto, cport = cport, host = host, hport = hport }
end

function M.target(id, name, project, service, endpoints)
  return { id = id, name = name, project = project, service = service, endpoints = endpoints, published = {} }
end

function M.facts(case)
  local facts = {
    id = "aaa",
    name = "app-web-1",
    project = "app",
    service = "web",
    networks = { M.default, M.backend },
    endpoints = { M.on(M.default, "10.1.0.2") },
    broadcasts = { "10.1.0.255" },
    published = {},
    targets = {},
  }
  for key, value in pairs(case) do
    facts[key] = value ~= M.none and value or nil
  end
  return facts
end

return M
