--- require "whalewall" in stock Lua: what libwhalewall gives, and what is wrong with a call.
local files = require "spec.lua.support.files"
local whalewall = require "whalewall"

local RECORDED = "spec/recordings/engine-20.10/"
local CONTAINERS = files.read(RECORDED .. "inspect-two-networks.json")
local NETWORKS = files.read(RECORDED .. "network-inspect.json")

local function world_of(containers)
  local world = assert(whalewall.world())
  assert(world:add_containers(containers or CONTAINERS))
  assert(world:add_networks(NETWORKS))
  return world
end

local function raises(message, fn, ...)
  local ok, said = pcall(fn, ...)
  assert.is_false(ok)
  assert.is_truthy(tostring(said):find(message, 1, true), said)
end

local function fails(code, message, ...)
  local result, said, number = ...
  assert.is_nil(result)
  assert.is_truthy(said:find(message, 1, true), said)
  assert.equal(code, number)
end

-- Calls fn(folder), which is removed then.
local function with_folder(fn)
  local pipe = assert(io.popen("mktemp -d"))
  local folder = pipe:read("l")
  pipe:close()
  local ok, message = pcall(fn, folder)
  os.execute(("rm -r '%s'"):format(folder))
  assert(ok, message)
end

describe("a world", function()
  it("makes rules of labels and facts", function()
    local world = world_of()
    assert.equal(0, world:compile())
    local web = world:containers()[1]
    assert.same({ id = web.id, name = "rec-web-1", managed = true }, web)
    local shown = world:show("rec-web-1")
    assert.equal(web.id, shown.id)
    assert.equal("external", shown.rules[1].side)
    assert.equal("integer", math.type(shown.published[1].port))
  end)

  it("says which container is closed, and why", function()
    local world = world_of((CONTAINERS:gsub("mapped_ports:", "maped_ports:")))
    assert.equal(1, world:compile())
    assert.matches("did you mean 'mapped_ports'", world:containers()[1].fault)
  end)

  it("checks a label", function()
    assert.is_true(world_of():check("output: []"))
    fails(22, "line 1 column 1: a: unknown key", world_of():check("a: 1"))
  end)

  it("judges a packet", function()
    local world = world_of()
    local endpoint = world:explain("198.51.100.1", "rec-web-1", "tcp/80").ways[1]
    local packet = { protocol = "tcp", source = endpoint.destination, destination = "192.0.2.1", port = 443,
      source_port = 40000 }
    local verdict = world:evaluate(packet)
    assert.is_false(verdict.allowed)
    assert.equal("rec-web-1", verdict.refused_by)
    packet.source = "198.51.100.1"
    assert.is_true(world:evaluate(packet).allowed)
    fails(22, "tcp needs a port", world:evaluate { protocol = "tcp", source = "192.0.2.1", destination = "192.0.2.2" })
  end)

  it("explains a flow, and all flows", function()
    local answer = world_of():explain("rec-web-1", "192.0.2.1", "tcp/443")
    assert.equal("refused", answer.verdict)
    assert.matches("output: %[{", answer.ways[1].steps[1].hint)
    assert.is_nil(answer.ranges)
    assert.is_table(world_of():explain("198.51.100.1", "rec-web-1").ranges)
    fails(2, "'wep' is no container", world_of():explain("wep", "rec-web-1", "tcp/80"))
  end)

  it("has a site's policies", function()
    local world = assert(whalewall.world { policies = { "deny-metadata" }, trust_image_labels = true })
    assert(world:add_containers(CONTAINERS))
    assert(world:add_networks(NETWORKS))
    assert.equal("169.254.169.254", world:show("rec-web-1").bans[1].peers[1].address)
    fails(2, "none", whalewall.world { policies = { "none" } })
  end)

  it("is told what is no facts", function()
    fails(74, "JSON", whalewall.world():add_containers("no JSON"))
  end)

  it("that is closed does nothing, and may be closed again", function()
    local world = world_of()
    world:close()
    world:close()
    raises("is closed", world.compile, world)
    do
      local other <close> = world
      assert.is_truthy(other)
    end
  end)
end)

describe("an option", function()
  local agent_of = whalewall.agent

  it("that is misspelled, or of another type, is an error", function()
    raises("there is no option 'policy'", whalewall.world, { policy = {} })
    raises("policies: a list of texts is needed, and not a string", whalewall.world, { policies = "a" })
    raises("policies: a text is needed, and not a boolean", whalewall.world, { policies = { true } })
    raises("trust_image_labels: true or false is needed", whalewall.world, { trust_image_labels = 1 })
    raises("the name of an option: a text is needed", whalewall.world, { "a" })
    local world = whalewall.world()
    raises("port: a whole number is needed, of 0 to 65535", world.evaluate, world, { port = 65536 })
    raises("data_dir: the text has a zero byte in it", agent_of, { data_dir = "a\0b" })
    raises("log: a function is needed", agent_of, { data_dir = "d", log = true })
    raises("guard: 'of' is none of its values", agent_of, { data_dir = "d", guard = "of" })
    raises("audit_labels: 'no' is none of its values", agent_of, { data_dir = "d", audit_labels = "no" })
    raises("network_namespace: cannot open", agent_of, { data_dir = "d", network_namespace = "/proc/none" })
    raises("jail: what whalewall.jail makes is needed", agent_of, { data_dir = "d", jail = true })
    raises("table expected", agent_of)
    fails(22, "data_dir", agent_of {})
  end)

  it("is there for each of the library's", function()
    local header = files.read("core/lib/whalewall.h")
    for _, name in ipairs { "world", "agent" } do
      local body = header:match("struct whalewall_" .. name .. "_options {(.-)\n};"):gsub("/%*.-%*/", "")
      for field in body:gmatch("%(?%*?([%w_]+)%)?%f[;(%[][^;]*;") do
        local skipped = field == "size" or field == "n_policies" or field == "reserved" or field:find("_arg$") or
          field == "system_calls" -- of what a host in C has restricted itself to
        local ok, said = pcall(whalewall[name], { [field] = coroutine.create(print) })
        assert.is_false(ok)
        assert.equal(skipped and true or false, said:find("there is no option", 1, true) ~= nil, field .. ": " .. said)
      end
    end
  end)
end)

describe("an agent", function()
  it("tells its log lines, and what a callback raises is raised by the call", function()
    with_folder(function(folder)
      local lines = {}
      local agent = assert(whalewall.agent { data_dir = folder, metrics = "no address",
        log = function(line) lines[#lines + 1] = line end })
      assert.equal("error", lines[1].level)
      assert.matches("^cannot listen for metrics", lines[1].message)
      assert.matches("error=", lines[1].text)
      assert.is_string(lines[1].fields.error)
      agent:close()
      raises("no more", whalewall.agent, { data_dir = folder, metrics = "no address",
        log = function() error("no more") end })
    end)
  end)

  it("that was not started has nothing to do", function()
    with_folder(function(folder)
      local agent = assert(whalewall.agent { data_dir = folder })
      assert.equal(-1, agent:fd())
      assert.equal(-1, agent:timeout())
      fails(22, "not started", agent:dispatch())
      fails(22, "not started", agent:run())
      fails(22, "not started", agent:ask("status"))
      assert.same({}, agent:files())
      agent:stop()
      agent:reload()
      whalewall.wait({ agent }, 0)
      agent:close()
      raises("is closed", agent.dispatch, agent)
      raises("is closed", whalewall.wait, { agent }, 0)
    end)
  end)

  it("takes a jail over, which has one owner", function()
    with_folder(function(folder)
      local jail = assert(whalewall.jail())
      fails(22, "data_dir", whalewall.agent { jail = jail })
      raises("another agent's", whalewall.agent, { jail = jail, data_dir = folder })
      local other <close> = assert(whalewall.jail(true))
      fails(22, "the jail was made for policies", whalewall.agent { jail = other, data_dir = folder })
      raises("boolean expected", whalewall.jail, 1)
    end)
  end)

  it("that nothing refers to is freed", function()
    with_folder(function(folder)
      local function children()
        local pipe = assert(io.popen("ps -o stat= --ppid " .. files.read("/proc/self/stat"):match("^%d+")))
        local _, n = pipe:read("a"):gsub("[^\n]+\n", "")
        pipe:close()
        return n
      end
      local before = children()
      for _ = 1, 5 do
        assert(whalewall.agent { data_dir = folder, jail = assert(whalewall.jail()) })
      end
      assert.is_true(children() > before)
      collectgarbage()
      collectgarbage()
      assert.equal(before, children())
    end)
  end)
end)

-- In network namespaces that are made for them, without an engine.
describe("agents in Lua", function()
  local able = os.execute("unshare -n true 2>/dev/null")
  local test = able and it or pending

  test("work in a loop of the script's, are asked, and stop", function()
    with_folder(function(folder)
      local command = "unshare -n spec/lua/support/in_namespaces '%s' '%s' '%s' 2>&1; echo status $?"
      local script = "spec/lua/support/agents.lua"
      local pipe = assert(io.popen(command:format(folder, package.cpath:match("[^;]+"), script)))
      local output = pipe:read("a")
      pipe:close()
      assert.equal("all holds\nstatus 0\n", output)
    end)
  end)
end)
