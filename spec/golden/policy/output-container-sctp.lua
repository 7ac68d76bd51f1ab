-- SCTP is as TCP: the port, the consent, the published ports; a rule without a protocol covers all that are published.
local F = ...

local db = F.target("b1", "db", nil, nil, { F.on(F.default, "10.1.0.3") })
db.published = {
  F.publish(132, 3868, "0.0.0.0", 13868),
  F.publish(6, 3868, "0.0.0.0", 23868),
}
return F.facts({
  targets = { db },
  label_rules = [[
output:
- network: default
  container: db
  proto: sctp
  dst_ports: [3868]
- network: default
  container: db
input:
- proto: sctp
  dst_ports: [36412]
]],
})
