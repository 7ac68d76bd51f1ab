-- A network of exactly that name is meant even where the container is on <project>_<name> only.
local F = ...

local exact = F.network("n7", "shared")
local own = F.network("n8", "app_shared", "app", "shared")
return F.facts({
  networks = { exact, own },
  endpoints = { F.on(own, "10.8.0.2") },
  label_rules = "output: [{network: shared, ips: [192.0.2.1]}]",
})
