--- Facts and label to rules: golden files in spec/golden/policy (<case>.lua holds the facts, <case>.txt the rules).
local F = require "spec.lua.support.facts"
local files = require "spec.lua.support.files"
local whalewall = require "whalewall.testing".native

local FOLDER = "spec/golden/policy"

local function facts_of(name)
  return assert(loadfile(("%s/%s.lua"):format(FOLDER, name)))(F)
end

local function text_of(lines)
  return #lines > 0 and table.concat(lines, "\n") .. "\n" or ""
end

describe("compile", function()
  local names = files.list(FOLDER, ".lua")

  it("has a golden file for each case", function()
    assert.is_true(#names >= 33)
    assert.same(names, files.list(FOLDER, ".txt"))
  end)

  for _, name in ipairs(names) do
    it("makes the rules of " .. name, function()
      local rules = text_of(assert(whalewall.compile(facts_of(name))))
      assert.equal(files.golden(("%s/%s.txt"):format(FOLDER, name), rules), rules)
    end)

    it("is pure: " .. name, function()
      local first = whalewall.compile(facts_of(name))
      whalewall.compile(facts_of("output-container"))
      assert.same(first, whalewall.compile(facts_of(name)))
    end)
  end

  it("refuses a faulty label with its message", function()
    local lines, message = whalewall.compile(F.facts({ label_rules = "a: 1" }))
    assert.is_nil(lines)
    assert.matches("^label 'whalewall.rules' line 1 column 1: a: unknown key", message)
  end)

  it("refuses more rules than a container may have", function()
    local db = F.target("b1", "db", nil, nil, { F.on(F.default, "10.1.0.3") })
    db.published = { F.publish(6, 1, "0.0.0.0", 1) }
    local entry = "- {network: default, container: db}\n"
    local case = { targets = { db }, label_rules = "output:\n" .. entry:rep(501) }
    local lines, message = whalewall.compile(F.facts(case))
    assert.is_nil(lines)
    assert.equal("label 'whalewall.rules': makes 1002 rules; at most 1000 are allowed", message)
    case.label_rules = "output:\n" .. entry:rep(500)
    assert.equal(1500, #whalewall.compile(F.facts(case)))
  end)

  it("copes with many replicas", function()
    local targets = {}
    for i = 1, 2000 do
      local address = ("10.%d.%d.3"):format(1 + i // 250, i % 250)
      targets[i] = F.target(("b%05d"):format(i), "app-db-" .. i, "app", "db", { F.on(F.default, address) })
    end
    local lines = assert(whalewall.compile(F.facts({
      targets = targets,
      label_rules = "output: [{network: default, container: db, proto: tcp, dst_ports: [5432]}]",
    })))
    assert.equal(2001, #lines)
  end)
end)

-- The most dangerous mistake: an empty list means "any". Whatever is taken away from the facts, no rule may come to
-- say more than it did.
describe("a rule that names a network or a container", function()
  local LABELS = {
    "output: [{network: default, container: db}]",
    "output: [{network: default, container: db, proto: tcp, dst_ports: [80]}]",
    "output: [{network: default, proto: tcp, dst_ports: [80]}]",
    "output: [{network: default, ips: [192.0.2.1]}]",
    "output: [{network: default, host: true}]",
    "input: [{network: default, container: db}]",
    "input: [{network: default, container: db, proto: tcp, dst_ports: [80]}]",
    "input: [{network: default, proto: tcp, dst_ports: [80]}]",
    "input: [{network: default, host: true}]",
  }
  local ADDRESSES = { {}, { "10.1.0.2" }, { nil, "fd00:1::2" }, { "10.1.0.2", "fd00:1::2" } }

  local function endpoint_lists()
    local lists = { {}, { F.on(F.backend, "10.2.0.2", "fd00:2::2") } }
    for _, a in ipairs(ADDRESSES) do
      lists[#lists + 1] = { F.on(F.default, a[1], a[2]) }
      lists[#lists + 1] = { F.on(F.default, a[1], a[2]), F.on(F.backend, "10.2.0.2", "fd00:2::2") }
    end
    return lists
  end

  -- Every address in a line must be one of the network's; and the restricted side must be there.
  local function is_restricted(line, label)
    local own = line:match("^rule output from (%S+)") or line:match("^rule input from %S+ to (%S+)")
      or line:match("^consent b1 input consent from (%S+)")
    if not own or own:find("10.2.", 1, true) or own:find("fd00:2:", 1, true) then
      return false
    end
    if label:find("container", 1, true) then
      return line:find(" to any", 1, true) == nil and line:find("from any", 1, true) == nil
    end
    return true
  end

  for _, label in ipairs(LABELS) do
    it("never widens: " .. label, function()
      for _, mine in ipairs(endpoint_lists()) do
        for _, theirs in ipairs(endpoint_lists()) do
          local db = F.target("b1", "db", nil, nil, theirs)
          db.published = { F.publish(6, 80, "0.0.0.0", 8080) }
          for _, targets in ipairs({ {}, { db } }) do
            local facts = F.facts({ endpoints = mine, targets = targets, label_rules = label })
            local lines = assert(whalewall.compile(facts))
            assert.is_true(#lines > 0)
            for _, line in ipairs(lines) do
              assert.is_true(line:find("^waiting") ~= nil or is_restricted(line, label), line)
            end
          end
        end
      end
    end)
  end
end)
