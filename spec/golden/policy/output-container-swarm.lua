-- A swarm service.
local F = ...

local one = F.target("b1", "db.1.xyz", nil, nil, { F.on(F.default, "10.1.0.3") })
local two = F.target("b2", "db.2.xyz", nil, nil, { F.on(F.default, "10.1.0.4") })
one.swarm_service, two.swarm_service = "db", "db"
return F.facts({
  targets = { one, two },
  label_rules = "output: [{network: default, container: db}]",
})
