-- Another project's service, if none of the own has the name, and it shares the network.
local F = ...

return F.facts({
  targets = {
    F.target("b1", "other-db-1", "other", "db", { F.on(F.default, "10.1.0.3") }),
    F.target("b2", "third-db-1", "third", "db", { F.on(F.backend, "10.2.0.4") }),
  },
  label_rules = "output: [{network: default, container: db}]",
})
