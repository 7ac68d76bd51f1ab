-- No such network: the rule waits. It must not become a rule for every network.
local F = ...

return F.facts({
  label_rules = [[
output:
- network: nowhere
  ips: [192.0.2.1]
- network: nowhere
  proto: tcp
  dst_ports: [80]
input:
- network: nowhere
  host: true
]],
})
