-- Two networks of one name: the target on the one that the container is not on is not meant.
local F = ...

local mine, other = F.network("n7", "dup"), F.network("n8", "dup")
return F.facts({
  networks = { mine, other },
  endpoints = { F.on(mine, "10.7.0.2") },
  targets = { F.target("b1", "db", nil, nil, { F.on(other, "10.8.0.3") }) },
  label_rules = "output: [{network: dup, container: db}]",
})
