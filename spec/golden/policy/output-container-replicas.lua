-- A service means all of its replicas, those that are on the network.
local F = ...

return F.facts({
  targets = {
    F.target("b1", "app-db-1", "app", "db", { F.on(F.default, "10.1.0.3") }),
    F.target("b2", "app-db-2", "app", "db", { F.on(F.default, "10.1.0.4"), F.on(F.backend, "10.2.0.4") }),
    F.target("b3", "app-db-3", "app", "db", { F.on(F.backend, "10.2.0.5") }),
    F.target("b4", "app-db-4", "app", "db", {}),
  },
  label_rules = "output: [{network: default, container: db, proto: tcp, dst_ports: [5432]}]",
})
