-- No network: every address of the container. ips, the host, or anybody.
local F = ...

return F.facts({
  label_rules = [[
output:
- ips: [192.0.2.1, 2001:db8::/32]
- host: true
  proto: udp
  dst_ports: [53]
- proto: TCP
  src_ports: [1024-65535]
  dst_ports: ["443", 80]
  log_prefix: out
- ips: [203.0.113.0/24]
  verdict: {chain: scan}
]],
})
