-- A network restricts the rule to the container's addresses on it, of both families.
local F = ...

return F.facts({
  endpoints = { F.on(F.default, "10.1.0.2", "fd00:1::2"), F.on(F.backend, "10.2.0.2") },
  label_rules = [[
output:
- network: default
  ips: [192.0.2.1]
- network: backend
  proto: tcp
  dst_ports: [80]
- network: backend
  host: true
]],
})
