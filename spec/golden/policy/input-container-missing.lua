-- A sender that is not there: the rule waits. It must not become a rule for everybody.
local F = ...

return F.facts({
  label_rules = [[
input:
- {network: default, container: prometheus, proto: tcp, dst_ports: [9090]}
- {network: backend, container: prometheus, proto: tcp, dst_ports: [9090]}
- {network: backend, proto: tcp, dst_ports: [9090]}
]],
})
