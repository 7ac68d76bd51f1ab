-- The container is there but not on the network: the rule waits.
local F = ...

local db = F.target("b1", "db", nil, nil, { F.on(F.backend, "10.2.0.3") })
db.published = { F.publish(6, 80, "0.0.0.0", 8080) }
return F.facts({
  targets = { db },
  label_rules = "output: [{network: default, container: db}]",
})
