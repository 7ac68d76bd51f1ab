--- What a plan changes against what the running program says is in force.
local whalewall = require "whalewall.testing".native
local compose_project = whalewall.require "compose.project"
local graph = whalewall.require "plan.graph"
local json = whalewall.require "json"
local plan = whalewall.require "plan.main"
local portset = whalewall.require "plan.portset"
local show = whalewall.require "plan.show"

local function project_of(text)
  return compose_project.read { files = { "a.yml" }, environment = function() end, name = "shop",
    read = function(path) return path == "a.yml" and text or nil, "No such file or directory" end }
end

local NETWORK = { id = "n1", name = "shop_default", driver = "bridge", default_bridge = false, project = "shop",
  compose_name = "default", subnets = json.list { "198.51.100.0/24" } }

local function container(number, name, given)
  local address = ("198.51.100.%d"):format(number + 1)
  local id = ("%02d"):format(number)
  local rules = given.rules and ("ruleset %s %q\nendpoint %s - -\n%s"):format(id, name, address,
    (given.ports or "") .. given.rules)
  return { id = id, name = name, project = given.project, service = given.service, home = given.home or id,
    running = given.running ~= false, managed = rules ~= nil, network_mode = given.mode, ruleset = rules,
    enabled_label = rules and "true", rules_label = given.label,
    endpoints = json.list(not given.home and { { network = "shop_default", ipv4 = address } } or {}),
    published = json.list(given.published or {}) }
end

local function answer(...)
  return { json.encode { format = 1, networks = json.list { NETWORK }, containers = json.list { ... } } }
end

local function changes_of(text, answers)
  local matrix = plan.plan({ policies = {}, enforced = answers }, whalewall, project_of(text))
  local said = show.text(matrix, false):gsub("\n\n[*].*$", "\n")
  return said:match("\n(no change.*)") or said:match("\n(change against.*)"), matrix
end

local WEB = 'output to 198.51.100.3 tcp dport 5432 origin "output[0]"\n'
local DB = 'input consent from 198.51.100.2 tcp dport 5432 origin "output[0] of web"\n'
local HEAD = "change against what is in force (+ may newly pass, - may no longer):\n"

local function shop()
  return container(1, "shop-web-1", { project = "shop", service = "web", rules = WEB }),
    container(2, "shop-db-1", { project = "shop", service = "db", rules = DB })
end

local function files(web, more)
  return "services:\n  web: {labels: {whalewall.enabled: on, whalewall.rules: 'output: [" .. web .. "]'}}\n"
    .. "  db: {labels: {whalewall.enabled: on}}\n" .. (more or "")
end

local ASKS = "{network: default, container: db, proto: tcp, dst_ports: [%s]}"

describe("a change", function()
  it("is none where the files say what is in force", function()
    assert.equal("no change against what is in force\n", (changes_of(files(ASKS:format("5432")), answer(shop()))))
  end)

  it("is what opens and what closes, port by port", function()
    assert.equal(HEAD .. "  web -> db: + tcp 5430-5431, 5433-5440\n",
      (changes_of(files(ASKS:format("5430-5440")), answer(shop()))))
    assert.equal(HEAD .. "  web -> db: + tcp 443; - tcp 5432\n",
      (changes_of(files(ASKS:format("443")), answer(shop()))))
  end)

  it("knows containers beside the project, which rules name", function()
    local label = "output: [{network: shop_default, container: web, proto: udp, dst_ports: [53]}]"
    local tool = container(3, "tool", { rules = "", label = label })
    local said = changes_of(files("{network: default, container: tool, proto: tcp, dst_ports: [80]}"),
      answer(tool, shop()))
    assert.is_truthy(said:find("  web -> tool: + tcp 80\n", 1, true), said)
    assert.is_truthy(said:find("  tool -> web: + udp 53\n", 1, true), said)
    assert.is_truthy(said:find("  web -> db: - tcp 5432\n", 1, true), said)
  end)

  it("has services that are new, and leaves alone what files do not have", function()
    local said = changes_of(files(ASKS:format("5432"), "  new: {labels: {whalewall.enabled: on, whalewall.rules: "
      .. "'output: [{network: default, container: web, proto: tcp, dst_ports: [80]}]'}}\n"),
      answer(container(5, "shop-old-1", { project = "shop", service = "old", rules = "" }), shop()))
    assert.equal(HEAD .. "  new -> web: + tcp 80\n", said)
  end)

  it("is what audit lets pass now, and that is said; a container beside the project stays audited", function()
    local function audited(one)
      one.ruleset = one.ruleset:gsub("\n", " audited\n", 1)
      return one
    end
    local web, db = shop()
    local tool = audited(container(3, "tool", { rules = "" }))
    local said = changes_of(files(ASKS:format("5432")), answer(audited(web), audited(db), tool))
    assert.is_truthy(said:find("  web -> db: - tcp 1-5431, 5433-65535; - udp any; - sctp any; - icmp\n", 1, true), said)
    assert.is_nil(said:find("tool -> tool", 1, true), said)
    assert.is_truthy(said:find("\nsome of what is in force is AUDITED", 1, true), said)
    assert.is_nil(changes_of(files(ASKS:format("5432")), answer(shop())):find("AUDITED", 1, true))
  end)

  it("says nothing of two that nothing keeps apart", function()
    local text = "services: {a: {}, b: {}}\n"
    assert.equal("no change against what is in force\n", (changes_of(text, answer(
      container(1, "shop-a-1", { project = "shop", service = "a" })))))
  end)

  it("takes a port that the engine chooses for any", function()
    local port = { protocol = "tcp", host = "0.0.0.0", host_port = 32768, port = 80 }
    local web = container(1, "shop-web-1", { project = "shop", service = "web", published = { port },
      ports = "publish tcp 80 on 0.0.0.0 port 32768\n", rules = 'external from any origin "mapped_ports.external"\n' })
    local text = "services: {web: {ports: ['80'], labels: {whalewall.enabled: on, whalewall.rules: "
      .. "'mapped_ports: {external: {allow: true}}'}}}\n"
    assert.equal("no change against what is in force\n", (changes_of(text, answer(web))))
    assert.equal(HEAD .. "  internet -> web: + tcp 80 (at 8080); - tcp 80 (at 32768)\n",
      (changes_of(text:gsub("'80'", "'8080:80'"), answer(web))))
  end)

  it("is told by JSON and as a graph", function()
    local _, matrix = changes_of(files(ASKS:format("443")), answer(shop()))
    local dot = graph.dot(matrix, "shop")
    assert.is_truthy(dot:find('"web" -> "db" [label="+ tcp 443", color=darkgreen', 1, true), dot)
    assert.is_truthy(dot:find('"web" -> "db" [label="- tcp 5432", color=red', 1, true), dot)
    local text = graph.json(matrix, "shop"):gsub("%s+", "")
    assert.is_truthy(text:find('"change":"closes","first_port":5432,"from":"web"', 1, true), text)
  end)
end)

describe("what is in force", function()
  local function told(...)
    return show.text(plan.enforced_plan({ enforced = answer(...) }, whalewall), false)
  end

  it("is told container by container, with those that share a namespace", function()
    local web, db = shop()
    local said = told(web, db, container(3, "side", { home = "01" }), container(4, "gone", { running = false }))
    assert.is_truthy(said:find("shop-web-1+side  tcp 5432", 1, true), said)
    assert.is_nil(said:find("gone", 1, true))
  end)

  it("says what is not enforced", function()
    local hosted = container(3, "hosted", { rules = "", mode = "host" })
    hosted.endpoints = json.list {}
    assert.is_truthy(told(hosted):find("hosted: on the host's network, so nothing of it is enforced\n", 1, true))
    assert.is_truthy(told(hosted):find("nothing is open to the world, but for what those services may offer", 1, true))
    hosted.managed = false
    assert.is_truthy(told(hosted):find("nothing is open to the world, but for what those services may offer", 1, true))
  end)

  it("has what crosses docker_gwbridge in the table", function()
    local port = { protocol = "tcp", host = "0.0.0.0", host_port = 8090, port = 80 }
    local task = container(3, "task", { published = { port } })
    task.endpoints[2] = { network = "over", ipv4 = "10.0.1.3" }
    local over = { id = "n2", name = "over", driver = "overlay", default_bridge = false, subnets = json.list {} }
    local said = show.text(plan.enforced_plan({ enforced = { json.encode { format = 1,
      networks = json.list { NETWORK, over }, containers = json.list { task } } } }, whalewall), false)
    assert.is_truthy(said:find("open to the world:\n  task*: tcp 80 (at 8090)\n\n", 1, true), said)
    assert.is_truthy(said:find("what leaves it or comes in by docker_gwbridge is\n", 1, true), said)
  end)

  it("has a port that is published for IPv4 and IPv6 apart once", function()
    local port = { protocol = "tcp", host = "0.0.0.0", host_port = 8080, port = 80 }
    local other = { protocol = "tcp", host = "::", host_port = 8080, port = 80 }
    local said = told(container(1, "web", { published = { port, other } }))
    assert.is_truthy(said:find("open to the world:\n  web*: tcp 80 (at 8080)\n", 1, true), said)
  end)

  it("refuses a ruleset that it cannot read", function()
    local web = shop()
    web.ruleset = "ruleset 01 \"web\"\noutput to nowhere"
    assert.has_error(function() told(web) end)
  end)
end)

-- Ports are compared one by one: what `without` leaves is what the one has and the other has not.
describe("a set of what may pass", function()
  local function random_grants(n)
    local grants = {}
    for i = 1, n do
      local first = math.random(1, 60)
      grants[i] = { protocol = math.random(2) == 1 and "tcp" or "udp", first = first, last = first + math.random(0, 9) }
    end
    return grants
  end

  local function ports_of(grants)
    local ports = {}
    for _, grant in ipairs(grants) do
      for port = grant.first, grant.last do
        ports[grant.protocol .. port] = true
      end
    end
    return ports
  end

  it("is taken from another", function()
    math.randomseed(7)
    for _ = 1, 500 do
      local a, b = random_grants(math.random(0, 5)), random_grants(math.random(0, 5))
      local wanted, others = ports_of(a), ports_of(b)
      for port in pairs(others) do
        wanted[port] = nil
      end
      assert.same(wanted, ports_of(portset.without(a, b)))
    end
  end)
end)
