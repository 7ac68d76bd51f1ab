-- Who may reach the container's own ports.
local F = ...

return F.facts({
  endpoints = { F.on(F.default, "10.1.0.2", "fd00:1::2"), F.on(F.backend, "10.2.0.2") },
  targets = { F.target("b1", "prometheus", nil, nil, { F.on(F.default, "10.1.0.3"), F.on(F.backend, "10.2.0.3") }) },
  label_rules = [[
input:
- ips: [192.0.2.0/24]
- host: true
  proto: tcp
  dst_ports: [9090]
- network: default
  container: prometheus
  proto: tcp
  src_ports: [1024-65535]
  dst_ports: [9090-9099]
  log_prefix: metrics
- network: backend
  proto: udp
  dst_ports: [514]
  verdict: {queue: 3}
]],
})
