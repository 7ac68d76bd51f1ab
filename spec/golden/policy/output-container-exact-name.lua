-- An exact container name comes before a service.
local F = ...

return F.facts({
  targets = {
    F.target("b1", "db", "other", "postgres", { F.on(F.default, "10.1.0.3") }),
    F.target("b2", "app-db-1", "app", "db", { F.on(F.default, "10.1.0.4") }),
  },
  label_rules = "output: [{network: default, container: /db}]",
})
