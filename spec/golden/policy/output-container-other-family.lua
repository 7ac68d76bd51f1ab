-- Each has an address, but of different families: nobody can talk, and the rule waits.
local F = ...

return F.facts({
  endpoints = { F.on(F.default, "10.1.0.2") },
  targets = { F.target("b1", "db", nil, nil, { F.on(F.default, nil, "fd00:1::3") }) },
  label_rules = "output: [{network: default, container: db}]",
})
