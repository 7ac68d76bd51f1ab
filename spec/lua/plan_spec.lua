--- `whalewall plan`: what it prints is what spec/golden/plan has, and what it says is what the simulator judges.
local files = require "spec.lua.support.files"
local whalewall = require "whalewall.testing".native
local testing = require "whalewall.testing"
local compose_project = whalewall.require "compose.project"
local graph = whalewall.require "plan.graph"
local page = whalewall.require "plan.page"
local plan = whalewall.require "plan.main"
local show = whalewall.require "plan.show"

local function project_of(text)
  return compose_project.read { files = { "a.yml" }, environment = function() end, name = "project",
    read = function(path) return path == "a.yml" and text or nil, "No such file or directory" end }
end

local function plan_of(text, policies)
  local project = project_of(text)
  return plan.plan({ policies = policies or {} }, whalewall, project), project
end

local SHOWN = { "good", "openings", "names", "reach", "ends", "audit" }

describe("a plan", function()
  for _, name in ipairs(SHOWN) do
    it("is shown as text: " .. name, function()
      local said = show.text(plan_of(files.read(("spec/compose/%s.yml"):format(name))), false)
      assert.equal(files.golden(("spec/golden/plan/%s.txt"):format(name), said), said)
    end)
  end

  it("is a graph, and JSON", function()
    local matrix, project = plan_of(files.read("spec/compose/ends.yml"))
    local dot, json = graph.dot(matrix, 'the "shop"'), graph.json(matrix, project.name)
    assert.equal(files.golden("spec/golden/plan/ends.dot", dot), dot)
    assert.equal(files.golden("spec/golden/plan/ends.json", json), json)
  end)

  it("is a list where a table is too wide", function()
    local lines = { "services:" }
    for i = 1, 30 do
      lines[#lines + 1] = ("  service%d: {labels: {whalewall.enabled: on, whalewall.rules: "
        .. "'output: [{network: default, container: service%d, proto: tcp, dst_ports: [%d]}]'}}")
        :format(i, i % 30 + 1, i)
    end
    lines[#lines + 1] = "  free: {}"
    local said = show.text(plan_of(table.concat(lines, "\n")), false)
    assert.is_truthy(said:find("\nservice7\n  to service8: tcp 7\nservice8\n", 1, true), said)
    assert.is_nil(said:find("free*\n", 1, true))
  end)

  it("says of audited ones that nothing of them is dropped, in each form", function()
    local matrix = plan_of("services:\n  a: {labels: {whalewall.enabled: 'true', whalewall.audit: 'true', "
      .. "whalewall.rules: faulty}}\n  b: {network_mode: 'service:a', labels: {whalewall.audit: 'true'}}\n"
      .. "  c: {labels: {whalewall.enabled: 'true'}}\n"
      .. "  d: {network_mode: 'service:c', labels: {whalewall.audit: 'true'}}\n")
    local text, json = show.text(matrix, false), graph.json(matrix, "project")
    assert.is_truthy(text:find("\na%+b~ .*all"), text)
    assert.is_truthy(text:find("\nc+d ", 1, true), text)
    assert.is_truthy(text:find("\n~ AUDITED, so not enforced", 1, true), text)
    assert.is_nil(text:find("! closed", 1, true), text)
    assert.is_truthy(json:find('"audited": true,%s+"closed": false'), json)
    assert.is_truthy(graph.dot(matrix, "x"):find('"a+b~" [shape=box, style=dashed', 1, true))
    assert.is_truthy(page.page(matrix, "x"):find("audited, so not enforced", 1, true))
  end)

  it("has what policies of the site say", function()
    local policy = [[return { apiversion = 1, name = "p", handler = function(c)
  c:manage(true)
  if c.service == "a" then c:allow { output = {{ ips = { "192.0.2.1" }, proto = "tcp", dst_ports = { 80 } }} } end
end }]]
    local said = show.text(plan_of("services: {a: {}, b: {}}\n", { { path = "p.lua", text = policy } }), false)
    assert.equal("nothing is open to the world\n\n"
      .. "from \\ to  a  b  192.0.2.1\na          -  -  tcp 80\nb          -  -  -\n", said)
  end)

  it("does not say that nothing is open where not all is enforced", function()
    local swarm = "services:\n  web: {networks: [over], "
      .. "ports: [{target: 80, published: 8090, mode: host}, '127.0.0.1:81:81']}\n"
    local over = "networks: {over: {driver: overlay}}\n"
    local said = show.text(plan_of(swarm .. over), false)
    assert.is_truthy(said:find("nothing is open to the world, but for what those services may offer", 1, true), said)
    assert.is_truthy(said:find("web: on the network 'project_over' (driver overlay) what stays inside is not enforced; "
      .. "what leaves it or comes in by docker_gwbridge is, and is not shown here: it publishes tcp 80 (at 8090)\n", 1,
      true), said)
    said = show.text(plan_of(swarm .. "  free: {ports: ['8091:80']}\n" .. over), false)
    assert.is_truthy(said:find("  free*: tcp 80 (at 8091)\n  and what those services may offer", 1, true), said)
    assert.is_truthy(show.text(plan_of("services: {a: {network_mode: host}}\n"), false):find("world, but for", 1, true))
    assert.is_nil(show.text(plan_of("services: {a: {scale: 0}, b: {}}\n"), false):find("but for", 1, true))
  end)

  it("explains ranges only where they are shown", function()
    local rules = "{mapped_ports: {external: {allow: true}}, output: [{ips: ['2001:db8:1::/64', '2001:db8:2::/64']}]}"
    local text = ("services: {web: {ports: ['80:80'], labels: {whalewall.enabled: on, whalewall.rules: \"%s\"}}}\n")
      :format(rules)
    assert.is_nil(show.text(plan_of(text), false):find("2001:db8", 1, true))
    text = text .. "networks: {default: {enable_ipv6: true}}\n"
    assert.is_truthy(show.text(plan_of(text), false):find("\n2001:db8:1::/64 +1: 2001:db8:1::/64, 2001:db8:2::/64\n", 1,
      true))
  end)

  it("paints only where it is to", function()
    local matrix = plan_of(files.read("spec/compose/good.yml"))
    assert.is_nil(show.text(matrix, false):find("\27", 1, true))
    assert.is_truthy(show.text(matrix, true):find("\27[33mweb\27[0m: tcp 80", 1, true))
  end)
end)

-- --- The plan against the simulator

local function allows(grants, protocol, port)
  for _, grant in ipairs(grants) do
    if grant.protocol == protocol and (not port or grant.first <= port and port <= grant.last) then
      return true
    end
  end
  return false
end

-- Ports at which rules may differ, their neighbours, and some more.
local function ports_to_try(text)
  local ports, seen = {}, {}
  local function try(port)
    if port >= 1 and port <= 65535 and not seen[port] then
      seen[port] = true
      ports[#ports + 1] = port
    end
  end
  for number in text:gmatch("%d+") do
    local port = #number <= 5 and tonumber(number) or 0
    try(port - 1)
    try(port)
    try(port + 1)
  end
  for _, port in ipairs({ 22, 80, 443, 5432, 8080, 65535 }) do
    try(port)
  end
  return ports
end

-- How the ends of a plan are called in a spec.
local function spec_name(item)
  if item.kind == "service" then
    return item.services[1]
  elseif item.kind == "range" then
    return item.address
  end
  return item.kind
end

local function meet(from, to)
  for _, own in ipairs(from.addresses) do
    for _, other in ipairs(to.addresses) do
      if own.network == other.network then
        return true
      end
    end
  end
  return false
end

local function compare(site, matrix, ports)
  local asked = 0
  for i, from in ipairs(matrix.ends) do
    for j, to in ipairs(matrix.ends) do
      local straight = from.kind == "service" and from ~= to and (to.kind == "range" or meet(from, to))
      for _, protocol in ipairs(straight and { "tcp", "udp", "icmp" } or {}) do
        for _, port in ipairs(protocol == "icmp" and { false } or ports) do
          local what = port and ("%s %d"):format(protocol, port) or protocol
          local ok, verdict = pcall(site.why, site, spec_name(from), spec_name(to), what)
          -- A container without an address of the family has no flow that could be judged.
          assert.equal(ok and verdict.allowed, allows(matrix.grants[i][j], protocol, port or nil),
            ("%s -> %s %s"):format(from.name, to.name, what))
          asked = asked + 1
        end
      end
    end
  end
  return asked
end

describe("a plan agrees with the simulator", function()
  for _, name in ipairs({ "good", "openings", "ends", "names" }) do
    it("about each flow between services, and to addresses: " .. name, function()
      -- In a spec each service has one container, which is called after it, and asks from one port.
      local text = files.read(("spec/compose/%s.yml"):format(name)):gsub("scale: %d+", "scale: 1")
        :gsub("shop%-api%-1", "api"):gsub("container_name: %a+", ""):gsub("src_ports: %[%d+%], ", "")
      assert.is_true(compare(testing.site { compose = text }, plan_of(text), ports_to_try(text)) > 50)
    end)
  end
end)
