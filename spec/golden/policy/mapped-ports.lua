-- Both sections, with everything they can say.
local F = ...

return F.facts({
  label_rules = [[
mapped_ports:
  localhost:
    allow: true
    log_prefix: "home: "
  external:
    allow: true
    ips: [192.0.2.77/24, 198.51.100.1-198.51.100.9, 2001:db8::1]
    verdict: {queue: 7, input_est_queue: 8, output_est_queue: 9}
]],
})
