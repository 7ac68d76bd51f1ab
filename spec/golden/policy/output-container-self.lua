-- A service that the container itself belongs to means the others.
local F = ...

return F.facts({
  targets = {
    F.target("aaa", "app-web-1", "app", "web", { F.on(F.default, "10.1.0.2") }),
    F.target("aab", "app-web-2", "app", "web", { F.on(F.default, "10.1.0.9") }),
  },
  label_rules = "output: [{network: default, container: web}, {network: default, container: app-web-1}]",
})
