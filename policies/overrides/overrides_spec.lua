local testing = require "whalewall.testing"

local site = testing.site {
  policies = { "overrides" },
  options = [[
overrides:
  projects:
    shop:
      manage: true
      allow: {output: [{proto: udp, dst_ports: [53]}]}
  services:
    shop/web:
      allow: {output: [{network: default, container: db, proto: tcp, dst_ports: [5432]}]}
      refuse: {output: [{ips: [192.0.2.66]}]}
      reason: that one is hostile
  containers:
    old:
      deny: nobody looks after it any more
]],
  networks = { shop_default = { project = "shop" } },
  containers = {
    web = { project = "shop", networks = { "shop_default" } },
    db = { project = "shop", networks = { "shop_default" } },
    old = { networks = { "front" } },
    free = { networks = { "front" } },
  },
}

describe("overrides", function()
  it("are for a project", function()
    site:manages("web")
    site:manages("db")
    site:allows("db", "192.0.2.53", "udp 53", "overrides (handler.lua:9)")
  end)

  it("are for a service of it", function()
    site:allows("web", "db", "tcp 5432")
    site:refuses("db", "web", "tcp 5432")
    site:refuses("web", "192.0.2.66", "udp 53", "that one is hostile")
  end)

  it("are for a container", function()
    site:closes("old", "nobody looks after it any more")
    site:leaves("free")
  end)
end)
