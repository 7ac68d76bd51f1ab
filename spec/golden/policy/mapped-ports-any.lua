-- No ips, or an empty list of them, is everybody.
local F = ...

return F.facts({
  label_rules = [[
mapped_ports:
  external: {allow: true, ips: []}
]],
})
