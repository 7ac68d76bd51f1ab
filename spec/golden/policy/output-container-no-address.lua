-- The container is on the network, but has no address yet: the rule waits.
local F = ...

return F.facts({
  targets = { F.target("b1", "db", nil, nil, { F.on(F.default) }) },
  label_rules = "output: [{network: default, container: db}]",
})
