-- Without proto the consent is for every protocol, and every published port is dialled, too.
local F = ...

local db = F.target("b1", "db", nil, nil, { F.on(F.default, "10.1.0.3") })
db.published = {
  F.publish(6, 80, "0.0.0.0", 8080), F.publish(6, 80, "::", 8080), F.publish(17, 53, "0.0.0.0", 5353),
  F.publish(132, 9, "0.0.0.0", 9009),
}
return F.facts({
  targets = { db },
  label_rules = "output: [{network: default, container: db}]",
})
