local testing = require "whalewall.testing"

local function site(options)
  return testing.site { policies = { "deny-metadata" }, options = options, networks = { front = { ipv6 = true } },
    containers = {
      web = { networks = { "front" }, rules = "output: [{proto: tcp, dst_ports: [80]}, {ips: [169.254.169.254]}]" },
      free = { networks = { "front" } },
    } }
end

describe("deny-metadata", function()
  it("lets no rule reach the service", function()
    local plain = site(nil)
    plain:allows("web", "192.0.2.1", "tcp 80")
    plain:allows("web", "169.254.169.253", "tcp 80")
    plain:refuses("web", "169.254.169.254", "tcp 80", "deny-metadata (handler.lua:15): the metadata service")
    plain:refuses("web", "169.254.169.254", "udp 53")
    plain:warns("web", "refused by deny-metadata")
    plain:leaves("free")
  end)

  it("knows its IPv6 kin", function()
    for _, address in ipairs({ "fd00:ec2::254", "fd20:ce::254", "fd00:c1::a9fe:a9fe", "fe80::a9fe:a9fe" }) do
      site(nil):refuses("web", address, "tcp 80", "the metadata service")
    end
    site(nil):allows("web", "fd00:ec2::255", "tcp 80")
  end)

  it("is told more addresses", function()
    site("deny-metadata: {addresses: [192.0.2.7]}"):refuses("web", "192.0.2.7", "tcp 80", "metadata")
  end)
end)
