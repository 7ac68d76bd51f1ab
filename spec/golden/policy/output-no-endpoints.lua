-- A container that is on no network yet: what names a network waits.
local F = ...

return F.facts({
  endpoints = {},
  label_rules = "output: [{network: default, proto: tcp, dst_ports: [80]}, {ips: [192.0.2.1]}]",
})
