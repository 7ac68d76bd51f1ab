-- Broadcast and multicast come to no managed container: said, and the rule is made as it is written.
local F = ...

return F.facts({
  label_rules = [[
mapped_ports: {external: {allow: true, ips: [192.0.2.0/24, 'ff02::1']}}
input:
- ips: [224.0.0.0/4]
  proto: udp
  dst_ports: [5353]
- ips: [10.1.0.255]
output:
- ips: [10.1.0.255, 10.1.0.254, 10.2.0.255, 10.1.0.0/24]
- ips: [255.255.255.255, 224.0.0.251, 'ff02::fb', 223.255.255.255, 'fe80::1', 0.0.0.0/0]
  proto: udp
  dst_ports: [5353]
]],
})
