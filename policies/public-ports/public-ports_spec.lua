local testing = require "whalewall.testing"

local function site(ports)
  return testing.site {
    policies = { "public-ports" },
    options = "public-ports: {ports: [80, 443, 8000-8010]}",
    containers = { web = { networks = { "front" }, ports = ports,
      rules = "mapped_ports: {external: {allow: true}}\ninput: [{proto: tcp, dst_ports: [22, 9000]}]" } },
  }
end

describe("public-ports", function()
  it("leaves listed ports open, whatever the container's own port is", function()
    local web = site { "80:8080", "8005:3000" }
    web:allows("world", "host", "tcp 80")
    web:allows("world", "host", "tcp 8005")
  end)

  it("closes other ports to the world, not to private addresses", function()
    local web = site { "80:8080", "9100:9000" }
    web:refuses("world", "host", "tcp 9100", "not one that may be open to the world")
    web:allows("192.168.1.1", "host", "tcp 9100")
    web:refuses("world", "web", "tcp 22")
    web:allows("10.9.9.9", "web", "tcp 22")
  end)

  it("closes a port that an unlisted one leads to, too", function()
    site({ "80:8080", "9100:8080" }):refuses("world", "host", "tcp 80")
  end)

  it("has to be told the ports", function()
    assert.has_error(function() testing.site { policies = { "public-ports" } } end,
      "policy configuration: public-ports: 'ports' is missing; there is none: name its file with -policy-config")
  end)
end)
