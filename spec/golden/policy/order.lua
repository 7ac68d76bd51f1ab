-- localhost, external, input, output as written, whatever their order in the label.
local F = ...

return F.facts({
  label_rules = [[
output:
- ips: [192.0.2.2]
- ips: [192.0.2.1]
input:
- ips: [192.0.2.4]
- ips: [192.0.2.3]
mapped_ports:
  external: {allow: true}
  localhost: {allow: true}
]],
})
