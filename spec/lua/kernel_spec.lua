--- The harness' other backend: real packets through the rules as the kernel has them, beside the simulator. Random
-- sites: WW_WORLDS=<n> makes it longer, WW_SEED=<seed> repeats a run.
local testing = require "whalewall.testing"
local kernel = require "whalewall.testing".native.require "testing.kernel"
local worlds = require "spec.lua.support.worlds"

local FLOWS = 40 -- on each site

local able, why_not = pcall(testing.site, { kernel = true })
if not able and not tostring(why_not):find("needs root", 1, true) then
  error(why_not, 0)
end
local test = able and it or pending

local function site_of(given)
  given.kernel = true
  return testing.site(given)
end

local SITE = {
  networks = { front = { ipv6 = true }, back = {}, vlan = { driver = "macvlan" } },
  containers = {
    web = { networks = { "front", "back" }, ports = { "8080:80" }, rules = [[
      mapped_ports: {localhost: {allow: true}, external: {allow: true, ips: [192.0.2.0/24]}}
      output:
        - {network: back, container: db, proto: tcp, dst_ports: [5432]}
        - {proto: udp, dst_ports: [53]}
        - {proto: sctp, dst_ports: [99]}
        - {proto: icmp}
        - {host: true, proto: tcp, dst_ports: [22]}
        - {proto: tcp, dst_ports: [7], verdict: {chain: allowed_by_us}}]] },
    db = { networks = { "back" }, rules = "output: []" },
    far = { networks = { "vlan" }, rules = "output: []" },
    peer = { networks = { "front" } },
  },
}

-- from > to what: what becomes of the packet
local PACKETS = {
  "web > db tcp 5432: passes", "web > db tcp 5433: dropped", "web > world udp 53: passes",
  "web > world udp 54: dropped",
  "web > world sctp 99: passes", "web > world sctp 98: dropped", "web > world icmp: passes", "db > world icmp: dropped",
  "web > world tcp 7: passes", "web > world tcp 8: dropped", "web > 2001:db8::5 udp 53: passes",
  "web > 2001:db8::5 tcp 53: dropped", "web > 2001:db8::5 icmp: passes", "fd00:2::9 > web icmp: dropped",
  "web > host tcp 22: passes", "web > 10.2.0.1 tcp 22: passes", "web > host tcp 23: dropped",
  "192.0.2.9 > host tcp 8080: passes", "world > host tcp 8080: dropped", "host > host tcp 8080: passes",
  "peer > host tcp 8080: dropped", "peer > web@front tcp 80: dropped", "host > web tcp 80: passes",
  "host > db tcp 80: dropped: Operation not permitted", "peer > world tcp 1: passes", "peer > 10.1.0.99 tcp 1: passes",
  "10.1.0.99 > web tcp 80: dropped", "web > 224.0.0.1 udp 53: not told: it is no address of one host",
  "far > world tcp 1: not told: packets of its network do not pass the host",
}

describe("the kernel", function()
  test("says of packets what the site's rules say", function()
    local site = site_of(SITE)
    for _, row in ipairs(PACKETS) do
      local from, to, what, becomes = row:match("^(%S+) > (%S+) ([^:]+): (.+)$")
      assert.equal(row, ("%s > %s %s: %s"):format(from, to, what, site:why(from, to, what).kernel), becomes)
    end
  end)

  test("is asked by allows and refuses, which fail where it disagrees", function()
    local site = site_of(SITE)
    local real = site.simulation
    site:allows("web", "world", "udp 53")
    site:refuses("web", "world", "udp 54")
    for _, row in ipairs { { "allows", true, "udp 54", "passes by the simulator", "is dropped" },
      { "refuses", false, "udp 53", "is dropped by the simulator", "in the kernel it passes" } } do
      site.simulation = { judge = function() return { allowed = row[2], reason = "a lie" } end,
        send = function(_, ...) return real:send(...) end }
      local ok, failure = pcall(site[row[1]], site, "web", "world", row[3])
      local message = type(failure) == "table" and failure.message or tostring(failure)
      assert.is_false(ok)
      assert.is_truthy(message:find(row[4], 1, true) and message:find(row[5], 1, true), message)
    end
  end)

  it("is left alone unless it is asked for", function()
    assert.is_nil(testing.site({ containers = { "web" }, kernel = false, networks = {} }).simulation.lab)
    assert.is_nil(testing.site({ containers = { web = { networks = { "n" } } }, kernel = false })
      :why("web", "world", "tcp 1").kernel)
  end)

  test("refuses sites that no engine could have", function()
    local networks = { a = { subnet = "10.9.0.0/16" }, b = { subnet = "10.9.1.0/24" } }
    local ok, message = pcall(site_of, { networks = networks })
    assert.is_false(ok)
    assert.is_truthy(message:find("two networks have addresses of 10.9", 1, true), message)
  end)
end)

-- What each side says of the world's flows: those that are not alike, and how many were allowed.
local function compare(world, flows)
  local site = testing.site(worlds.description(world))
  local sent, allowed, passed = {}, {}, 0
  flows = flows or worlds.flows(world, site, FLOWS)
  for i, flow in ipairs(flows) do
    sent[i] = site:_flow(flow.from, flow.to, flow.what)
    sent[i].sport = sent[i].sport ~= 0 and flow.sport or 0
    allowed[i] = site.simulation:judge(sent[i]).allowed
    passed = passed + (allowed[i] and 1 or 0)
  end
  local differ = {}
  for i, said in ipairs(kernel.send_all(site, sent, allowed)) do
    if not kernel.agrees(said, allowed[i]) then
      differ[#differ + 1] = { flow = flows[i], says = ("the simulator: %s; the kernel: %s"):format(
        allowed[i] and "passes" or "dropped", said) }
    end
  end
  return differ, passed, #flows
end

local function tell(seed, world, found)
  local smaller = worlds.shrink(world, function(candidate) return #compare(candidate, { found.flow }) > 0 end)
  return ("WW_SEED=%d: %s\n%s"):format(seed, found.says, worlds.spec(smaller, found.flow, found.says))
end

describe("the simulator and the kernel", function()
  test("agree on random flows of random sites", function()
    local seed = tonumber(os.getenv("WW_SEED")) or os.time()
    local count = tonumber(os.getenv("WW_WORLDS")) or 12
    local passed, total = 0, 0
    for i = 0, count - 1 do
      local world = worlds.make(seed + i)
      local differ, allowed, n = compare(world)
      passed, total = passed + allowed, total + n
      if differ[1] then
        error(tell(seed + i, world, differ[1]), 0)
      end
    end
    print(("# WW_SEED=%d: %d flows of %d sites, %d of them allowed"):format(seed, total, count, passed))
    assert.is_truthy(count < 5 or passed > total / 20 and passed < total * 19 / 20)
  end)
end)
