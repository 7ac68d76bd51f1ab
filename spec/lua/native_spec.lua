--- What is below `whalewall.testing` is closed or half made, and is used all the same: an error, never the end of the
-- process.
local native = require "whalewall.testing".native

local WORLD = { networks = { { id = "n", name = "front", driver = "bridge", subnets = { "192.0.2.0/24" } } },
  containers = { { id = "c", name = "web", labels = {}, networks = { "front" } } } }

local METHODS = {
  container = { "c" },
  state = { "c" },
  judge = { { proto = 6, src = "192.0.2.2", dst = "192.0.2.3" } },
  enforce = { { hosts = {}, ways = {} } },
  send = { {}, 1 },
}

-- Ends it, as the garbage collector does.
local function close(object)
  debug.getmetatable(object).__gc(object)
end

local function tells(message, fn, ...)
  local ok, said = pcall(fn, ...)
  assert.is_false(ok)
  assert.is_truthy(tostring(said):find(message, 1, true), said)
end

describe("a simulation", function()
  it("of rulesets alone has no containers", function()
    for name, arguments in pairs(METHODS) do
      local simulation = native.enforced {}
      if name == "judge" then
        assert.is_true(simulation:judge(arguments[1]).allowed)
      else
        tells("it has no containers", simulation[name], simulation, table.unpack(arguments))
      end
    end
  end)

  it("that is closed does nothing", function()
    for name, arguments in pairs(METHODS) do
      for _, simulation in ipairs { native.simulate(WORLD), native.enforced {} } do
        close(simulation)
        close(simulation)
        tells("is closed", simulation[name], simulation, table.unpack(arguments))
      end
    end
  end)

  it("that could not be enforced sends nothing", function()
    local simulation = native.simulate(WORLD)
    assert.is_false(pcall(simulation.enforce, simulation, { hosts = { "no address" }, ways = {} }))
    tells("nothing is enforced", simulation.send, simulation, {}, 1)
    assert.is_false(pcall(simulation.enforce, simulation, { hosts = {}, ways = { false } }))
    tells("nothing is enforced", simulation.send, simulation, {}, 1)
  end)

  it("takes no object of another kind", function()
    for name, arguments in pairs(METHODS) do
      local method = native.enforced {}[name]
      for _, other in ipairs { io.stdout, 1, {}, "text" } do
        assert.is_false(pcall(method, other, table.unpack(arguments)))
      end
    end
  end)

  it("keeps its metatable to itself", function()
    assert.is_false(getmetatable(native.enforced {}))
  end)

  it("is not made of what has no id", function()
    tells("has no id", native.simulate, { containers = { {} } })
    tells("has no id", native.simulate, { networks = { {} } })
  end)
end)

describe("the module", function()
  it("that is closed does nothing", function()
    local path = assert(package.searchpath("whalewall.testing", package.cpath))
    local again = assert(package.loadlib(path, "luaopen_whalewall_testing"))
    local loaded = package.loaded["whalewall.native"]
    package.loaded["whalewall.native"] = nil
    local other = again().native
    package.loaded["whalewall.native"] = loaded
    local _, policy = debug.getupvalue(other.check, 1)
    close(policy)
    for _, name in ipairs { "check", "mentions", "compile", "version" } do
      tells("is closed", other[name], name == "compile" and {} or "")
    end
  end)
end)
