-- The own project's service comes before another's, even while it is not on the network.
local F = ...

return F.facts({
  targets = {
    F.target("b1", "other-db-1", "other", "db", { F.on(F.default, "10.1.0.3") }),
    F.target("b2", "app-db-1", "app", "db", {}),
    F.target("b3", "other-web-1", "other", "web", { F.on(F.default, "10.1.0.4") }),
    F.target("aaa", "app-web-1", "app", "web", { F.on(F.default, "10.1.0.2") }),
  },
  label_rules = "output: [{network: default, container: db}, {network: default, container: web}]",
})
