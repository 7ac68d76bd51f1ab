-- ICMP has no ports: the rule, and the consent; a published port has nothing to do with it.
local F = ...

local db = F.target("b1", "db", nil, nil, { F.on(F.default, "10.1.0.3", "2001:db8::3") })
db.published = { F.publish(6, 80, "0.0.0.0", 8080), F.publish(132, 80, "0.0.0.0", 8081) }
return F.facts({
  endpoints = { F.on(F.default, "10.1.0.2", "2001:db8::2") },
  targets = { db },
  label_rules = [[
output:
- network: default
  container: db
  proto: icmp
- ips: ['2001:db8:1::/64']
  proto: icmp
  log_prefix: ping
- host: true
  proto: icmp
input:
- proto: icmp
]],
})
