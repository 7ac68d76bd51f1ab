-- Outside Compose `default` is Docker's default bridge.
local F = ...

local bridge = F.network("n0", "bridge")
bridge.default_bridge = true
return F.facts({
  project = F.none,
  networks = {},
  endpoints = { F.on(bridge, "172.17.0.2") },
  label_rules = "output: [{network: default, ips: [192.0.2.1]}]",
})
