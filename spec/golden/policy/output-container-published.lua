-- Published ports that the rule covers may be dialled at the host: on every address, or the one they are on.
local F = ...

local db = F.target("b1", "db", nil, nil, { F.on(F.default, "10.1.0.3") })
db.published = {
  F.publish(6, 80, "0.0.0.0", 8080), F.publish(6, 80, "::", 8080), -- one rule: the host
  F.publish(6, 81, "0.0.0.0", 8081),
  F.publish(6, 82, "192.0.2.7", 8082), -- another rule: that address
  F.publish(6, 83, "127.0.0.1", 8083), -- out of reach
  F.publish(6, 84, "0.0.0.0", 0), -- not known yet
  F.publish(6, 99, "0.0.0.0", 8099), -- not covered
  F.publish(17, 80, "0.0.0.0", 8180), -- another protocol
}
return F.facts({
  targets = { db },
  label_rules = [[
output:
- network: default
  container: db
  proto: tcp
  src_ports: [1024-65535]
  dst_ports: [80-84]
  log_prefix: db
]],
})
