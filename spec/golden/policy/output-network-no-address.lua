-- On the network, but without an address yet: the rule waits.
local F = ...

return F.facts({
  endpoints = { F.on(F.default) },
  label_rules = "output: [{network: default, proto: tcp, dst_ports: [80]}]",
})
