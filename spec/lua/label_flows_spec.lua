--- What labels let through, as flows: the README's own example, and what the documents say of it.
local files = require "spec.lua.support.files"
local testing = require "whalewall.testing"

local README = files.read("README.md"):match("\n```yaml\n(.-\n)```\n")

describe("the README's example", function()
  local site = testing.site { compose = README }

  it("lets in the addresses that it says", function()
    site:allows("192.0.2.7", "host", "tcp 8080", "mapped_ports.external line 2")
    site:refuses("198.51.100.7", "host", "tcp 8080")
    site:refuses("host", "host", "tcp 8080")
  end)

  it("lets web reach db's port, and nothing else", function()
    site:allows("web", "db", "tcp 5432", "output[0] line 6")
    site:refuses("web", "db", "tcp 5433")
    site:refuses("web", "world", "tcp 443")
  end)

  it("is the golden file", function()
    site:matches("spec/golden/site/readme.txt")
    local ok, message = pcall(site.matches, site, "spec/golden/site/none.txt")
    assert.is_false(ok)
    assert.is_truthy(tostring(message.message or message):find("none.txt is not what the site is now", 1, true))
  end)

  it("lets db reach nothing, and nothing else reach db", function()
    site:refuses("db", "web", "tcp 80")
    site:refuses("db", "world", "udp 53")
    site:refuses("192.0.2.7", "db", "tcp 5432")
    site:refuses("host", "db", "tcp 5432")
  end)
end)

-- A label of `web`, which publishes 8080 -> 80, is on the network `front` with `peer`: what passes and what does not.
local LABELS = {
  { "mapped_ports: {localhost: {allow: true}}", passes = { "host > host tcp 8080", "host > web tcp 80" },
    drops = { "world > host tcp 8080", "peer > web tcp 80" } },
  { "mapped_ports: {external: {allow: true}}", passes = { "world > host tcp 8080", "peer > web tcp 80" },
    drops = { "host > host tcp 8080", "world > web tcp 81" } },
  { "output: [{proto: udp, dst_ports: [53]}]",
    passes = { "web > world udp 53", "web > peer udp 53", "web > host udp 53" },
    drops = { "web > world tcp 53", "web > world udp 54", "peer > web udp 53" } },
  { "output: [{host: true}]", passes = { "web > host tcp 3128" }, drops = { "web > world tcp 3128" } },
  { "output: [{network: front, container: peer, proto: icmp}]", passes = { "web > peer icmp" },
    drops = { "web > peer tcp 80", "peer > web icmp", "web > world icmp" } },
  { "input: [{network: front, container: peer, proto: tcp, dst_ports: [9090]}]", passes = { "peer > web tcp 9090" },
    drops = { "world > web tcp 9090", "web > peer tcp 9090" } },
  { "input: [{host: true, proto: tcp, dst_ports: [9090]}]", passes = { "host > web tcp 9090" },
    drops = { "peer > web tcp 9090" } },
  { "output: [{ips: [192.0.2.0/30, 192.0.2.8-192.0.2.9]}]",
    passes = { "web > 192.0.2.3 tcp 1", "web > 192.0.2.9 udp 1" },
    drops = { "web > 192.0.2.4 tcp 1", "web > 192.0.2.10 tcp 1" } },
  { "# nothing", passes = {}, drops = { "web > world tcp 80", "world > host tcp 8080", "peer > web tcp 80" } },
}

describe("a label", function()
  for _, row in ipairs(LABELS) do
    it("lets through what it says: " .. row[1], function()
      local site = testing.site { containers = {
        web = { networks = { "front" }, ports = { "8080:80" }, rules = row[1] }, peer = { networks = { "front" } } } }
      for _, list in ipairs({ { row.passes, "allows" }, { row.drops, "refuses" } }) do
        for _, flow in ipairs(list[1]) do
          local from, to, what = flow:match("^(%S+) > (%S+) (.+)$")
          site[list[2]](site, from, to, what)
        end
      end
    end)
  end
end)

describe("a compose file", function()
  local SHOP = [[
name: shop
services:
  web:
    image: nginx:1
    networks: [front, outer]
    ports: [{target: 80, published: "8080"}, "127.0.0.1:9000:9000/tcp"]
    labels:
      - whalewall.enabled=true
      - tier=a
      - "whalewall.rules=output: [{network: front, container: db, proto: tcp, dst_ports: [5432]}]"
  side:
    network_mode: service:web
  db:
    networks: {front: {}}
networks:
  front:
    labels: {quiet: "true"}
  outer:
    external: true
    name: proxy
]]

  it("gives projects, networks, labels, ports and shared namespaces", function()
    local policy = [[return { apiversion = 1, name = "p", reads = { "labels", "image", "network_labels" },
handler = function(c)
  local names = {}
  for i, n in ipairs(c.networks) do names[i] = n.name .. (n.labels.quiet and "!" or "") end
  for _, p in ipairs(c.published) do names[#names + 1] = p.host .. ":" .. p.host_port .. ">" .. p.port end
  c:manage(true)
  c:warn(("%s %s %s %s"):format(c.project, c.image, c.labels.tier or "-", table.concat(names, " ")))
end }]]
    local site = testing.site { compose = SHOP, policies = { { path = "p.lua", text = policy } } }
    site:warns("web", "shop nginx:1 a proxy shop_front! 0.0.0.0:8080>80 127.0.0.1:9000>9000")
    site:warns("side", "shop test - proxy shop_front!")
    site:allows("web", "db", "tcp 5432")
  end)

  it("that is no YAML, or names no network, is refused", function()
    assert.same({ false, "compose:2:1: not valid YAML: did not find expected node content" },
      { pcall(testing.site, { compose = "services: [\n" }) })
    assert.same({ false, "compose:2:20: there is no network 'x' in these files; declare it under 'networks:' at the "
      .. "top level" }, { pcall(testing.site, { compose = "services:\n  web: {networks: [x]}\n" }) })
  end)
end)
