-- The network exists but is not the container's: the rule waits.
local F = ...

return F.facts({
  networks = { F.default, F.backend },
  label_rules = "output: [{network: backend, proto: tcp, dst_ports: [80]}]",
})
