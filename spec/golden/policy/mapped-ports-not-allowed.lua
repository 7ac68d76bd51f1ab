-- allow: false makes no rule, whatever else is said.
local F = ...

return F.facts({
  label_rules = [[
mapped_ports:
  localhost: {allow: false, log_prefix: x, verdict: {chain: y}}
  external: {allow: no, log_prefix: x, ips: [192.0.2.1]}
]],
})
