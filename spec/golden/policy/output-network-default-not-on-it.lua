-- Outside Compose `default` is Docker's default bridge: who is not on it is told so, not that there is no such network.
local F = ...

return F.facts({
  project = F.none,
  networks = {},
  endpoints = { F.on(F.network("n1", "front"), "198.51.100.2") },
  label_rules = "output: [{network: default, ips: [192.0.2.1]}]",
})
