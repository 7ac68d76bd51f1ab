-- A service of the own project: a rule here, and a consent there.
local F = ...

return F.facts({
  targets = { F.target("b1", "app-db-1", "app", "db", { F.on(F.default, "10.1.0.3", "fd00:1::3") }) },
  endpoints = { F.on(F.default, "10.1.0.2", "fd00:1::2") },
  label_rules = [[
output:
- network: default
  container: db
  proto: tcp
  dst_ports: [5432]
  log_prefix: db
  verdict: {chain: inspect}
]],
})
