-- Networks whose packets the host cannot filter: a rule about one is none, and that is said; it does not wait.
local F = ...

local function network(id, name, driver)
  return { id = id, name = name, unenforceable = driver }
end

local over = network("n3", "over", "overlay")
local lan = network("n4", "lan", "macvlan")
local host = network("n5", "host", "host")
local twice = network("n6", "both", "ipvlan")
local elsewhere = network("n7", "elsewhere", "macvlan")

return F.facts({
  networks = { F.default, over, lan, host, twice, F.network("n8", "both"), elsewhere },
  endpoints = { F.on(F.default, "10.1.0.2"), F.on(over, "10.2.0.2"), F.on(lan, "10.3.0.2"), F.on(host),
    F.on(F.network("n8", "both"), "10.4.0.2") },
  targets = { F.target("b1", "db", nil, nil, { F.on(over, "10.2.0.3"), F.on(F.default, "10.1.0.3") }) },
  label_rules = [[
input:
- {network: lan, proto: tcp, dst_ports: [22]}
output:
- {network: over, container: db, proto: tcp, dst_ports: [5432]}
- {network: host, proto: tcp, dst_ports: [80]}
- {network: both, proto: tcp, dst_ports: [80]}
- {network: elsewhere, proto: tcp, dst_ports: [80]}
- {network: default, container: db, proto: tcp, dst_ports: [5432]}
]],
})
