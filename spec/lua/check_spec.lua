--- `whalewall check`: what it says of each file in spec/compose is what spec/golden/check has.
local files = require "spec.lua.support.files"
local whalewall = require "whalewall.testing".native
local check = whalewall.require "check.main"
local compose_project = whalewall.require "compose.project"
local json = whalewall.require "json"
local report = whalewall.require "check.report"

-- The findings of some texts, by name, in the order of their names.
local function found_in(contents, given)
  local names = {}
  for name in pairs(contents) do
    names[#names + 1] = name
  end
  table.sort(names)
  local read = function(path) return contents[path], "No such file or directory" end
  local project = compose_project.read { files = names, read = read, environment = function() end, name = "project" }
  return check.check(given or { policies = {} }, whalewall, project)
end

describe("check", function()
  for _, name in ipairs(files.list("spec/compose", ".yml")) do
    it("says what is wrong: " .. name, function()
      local file = name .. ".yml"
      local found, summary = found_in { [file] = files.read("spec/compose/" .. file) }
      local said = report.text(found, summary, false)
      assert.equal(files.golden(("spec/golden/check/%s.txt"):format(name), said), said)
    end)
  end

  it("prints the same as JSON", function()
    local found, summary = found_in { ["names.yml"] = files.read("spec/compose/names.yml") }
    local said = report.json(found, summary)
    assert.equal(files.golden("spec/golden/check/names.json", said), said)
  end)

  it("paints only where it is to", function()
    local found, summary = found_in { ["a.yml"] = "services: {web: x}\n" }
    assert.is_nil(report.text(found, summary, false):find("\27", 1, true))
    assert.is_truthy(report.text(found, summary, true):find("\27[31merror\27[0m: service 'web'", 1, true))
  end)

  it("shows a part of a long line, without control characters", function()
    local line = "services: {web: {x-a: [" .. ("'ä\t', "):rep(60) .. "], ports: [x]," .. (" "):rep(200) .. "}}\n"
    local found, summary = found_in { ["a.yml"] = line }
    local excerpt, caret = report.text(found, summary, false):match("\n    1 | ([^\n]*)\n      | ( *)%^\n")
    assert.equal(112, utf8.len(excerpt))
    assert.equal("x],", excerpt:sub(utf8.offset(excerpt, #caret + 1)):sub(1, 3))
    assert.is_nil(excerpt:find("\t"))
  end)

  -- CSI is ESC [ in one character, and an override turns the rest of a line round.
  it("writes nothing that a terminal obeys, wherever it stands", function()
    local strange = "a\u{9B}31m\u{202E}b\u{200B}"
    for _, file in ipairs({ ("services: {web: {x-a: '%s', image: x, ports: [x]}}\n"):format(strange),
      ("services: {web: {labels: {whalewall.enabled: %q}}}\n"):format(strange):gsub("\u{9B}", "\\u009b"),
      'services: {web: {labels: {whalewall.rules: "output: [{container: c\\u009b31m}]"}}}\n' }) do
      local found, summary = found_in { ["a.yml"] = file }
      local said = report.text(found, summary, false)
      assert.is_true(found.errors > 0, said)
      assert.is_nil(said:find("\u{9B}", 1, true), said)
      assert.is_nil(said:find("\u{202E}", 1, true), said)
    end
  end)

  it("says once what several services have by an anchor, and by extends", function()
    local found = found_in { ["a.yml"] = [[
x-labels: &labels {whalewall.enabled: maybe}
services:
  web: {labels: *labels}
  api: {labels: *labels}
  job: {extends: api}
]] }
    assert.equal(1, found.errors)
    assert.same({ "web", "api", "job" }, found.list[1].services)
  end)

  it("tells another place that it mentions as a place of the file, too", function()
    local head = "services:\n  web:\n    labels:\n      whalewall.enabled: on\n      whalewall.rules: |\n"
      .. "        output:\n"
    local cases = {
      ["          - proto: icmp\n            host: false\n            proto: icmp\n"] =
        "the key is given twice, first in line 7",
      ["          - proto: tcp\n            dst_ports: [53, 54\n"] =
        "not valid YAML: ',' or ']' is missing after the '[' in line 8 column 24",
    }
    for rules, wanted in pairs(cases) do
      local found = found_in { ["a.yml"] = head .. rules .. "    image: x\n" }
      assert.equal(wanted, found.list[1].text)
    end
  end)

  it("says once what a policy closes several services for, and apart what it says of each", function()
    local policy = [[return { apiversion = 1, name = "p", handler = function(c)
  c:deny(c.service == "db" and "no databases" or "no")
end }]]
    local native = setmetatable({ open_policies = function() end }, { __index = whalewall })
    local project = compose_project.read { files = { "a.yml" }, environment = function() end,
      read = function() return "services: {web: {}, api: {}, db: {}}\n" end }
    local found = check.check({ policies = { { path = "p.lua", text = policy } } }, native, project)
    assert.equal(2, found.errors)
    assert.same({ "web", "api" }, found.list[1].services)
    assert.same({ "db" }, found.list[2].services)
  end)

  it("tells how to begin where nothing is managed", function()
    local found, summary = found_in { ["a.yml"] = "services: {web: {}, db: {}}\n" }
    assert.equal("0 errors, 0 warnings; 2 services, 0 managed, so nothing is restricted; a service is managed with the "
      .. 'label whalewall.enabled: "true"\n', report.text(found, summary, false))
  end)

  it("points into the file that says it, where several are merged", function()
    local found = found_in {
      ["a.yml"] = "services: {web: {labels: {whalewall.enabled: 'true'}}, db: {labels: {whalewall.enabled: on}}}\n",
      ["b.yml"] = "services:\n  web: {labels: ['whalewall.rules=output: {}']}\n",
    }
    assert.equal(1, #found.list)
    assert.equal("b.yml 2 43", ("%s %d %d"):format(found.list[1].file, found.list[1].line, found.list[1].column))
  end)

  it("tells what a policy of the site says and closes, and takes what it opens", function()
    local policy = [[return { apiversion = 1, name = "p", handler = function(c)
  if c.service == "db" then c:deny("no databases here") end
  if c.service == "web" then
    c:allow { output = {{ proto = "udp", dst_ports = { 53 } }} }
    c:warn("look out")
  end
  if c.service == "all" then c:manage(true) end
end }]]
    local labels = "labels: {whalewall.enabled: on, whalewall.rules: 'output: [{proto: tcp, dst_ports: [443]}]'}"
    local text = ("services:\n  web: {%s}\n  db: {%s}\n  all: {}\n"):format(labels, labels)
    local given = { policies = { { path = "p.lua", text = policy } } }
    local native = setmetatable({ open_policies = function() end }, { __index = whalewall })
    local project = compose_project.read { files = { "a.yml" }, environment = function() end,
      read = function(path) return path == "a.yml" and text or nil end }
    local found, summary = check.check(given, native, project)
    local said = {}
    for i, item in ipairs(found:sorted()) do
      said[i] = ("%d %s %s"):format(item.line, item.code, item.text)
    end
    assert.same({ "2 policy p (p.lua:5): look out",
      "3 closed the container is closed: policy 'p' (p.lua:2): no databases here" }, said)
    assert.same({}, summary.unmanaged)
  end)
end)

describe("json", function()
  it("has texts, numbers, booleans, lists and objects", function()
    assert.equal('{\n  "a": [\n    1,\n    true\n  ],\n  "b": "\\"\\\\\\n\\u0001ä",\n  "c": [],\n  "d": {}\n}\n',
      json.encode { a = { 1, true }, b = "\"\\\n\1ä", c = json.list(), d = {} })
    assert.equal('"\u{FFFD}a\u{FFFD}\u{FFFD}ä"\n', json.encode("\xFFa\xC3\xE4ä"))
  end)
end)
