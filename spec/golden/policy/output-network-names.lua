-- Exact name, else <project>_<name>, else Compose's name for it in this project.
local F = ...

local exact = F.network("n7", "shared")
local shadow = F.network("n8", "app_shared", "app", "shared")
local renamed = F.network("n9", "company-wide", "app", "wide")
local foreign = F.network("na", "other-wide", "other", "far")
return F.facts({
  networks = { exact, shadow, renamed, foreign },
  endpoints = {
    F.on(exact, "10.7.0.2"), F.on(shadow, "10.8.0.2"), F.on(renamed, "10.9.0.2"), F.on(foreign, "10.10.0.2"),
  },
  label_rules = [[
output:
- {network: shared, ips: [192.0.2.1]}
- {network: wide, ips: [192.0.2.2]}
- {network: far, ips: [192.0.2.3]}
- {network: other-wide, ips: [192.0.2.4]}
]],
})
