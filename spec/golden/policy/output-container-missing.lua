-- Nobody of that name: the rule waits. It must not become a rule to everybody.
local F = ...

return F.facts({
  label_rules = [[
output:
- {network: default, container: db}
- {network: default, container: db, proto: tcp, dst_ports: [1]}
]],
})
