--- docs/check.md says what the program says.
local files = require "spec.lua.support.files"
local whalewall = require "whalewall.testing".native
local check = whalewall.require "check.main"
local compose_project = whalewall.require "compose.project"
local graph = whalewall.require "plan.graph"
local plan = whalewall.require "plan.main"
local report = whalewall.require "check.report"
local show = whalewall.require "plan.show"

local SOURCE = files.read("docs/check.md")

local function block(kind, number)
  local found
  local from = 1
  for _ = 1, number do
    local _, last, body = SOURCE:find("\n```" .. kind:gsub("%-", "%%-") .. "\n(.-\n)```\n", from)
    found, from = body, assert(last, kind)
  end
  return found
end

local function said_of(text)
  local project = compose_project.read { files = { "compose.yml" }, environment = function() end, name = "docs",
    read = function(path) return path == "compose.yml" and text or nil, "No such file or directory" end }
  local found, summary = check.check({ policies = {} }, whalewall, project)
  return report.text(found, summary, false)
end

local function plan_of(text)
  local project = compose_project.read { files = { "shop.yml" }, environment = function() end, name = "docs",
    read = function(path) return path == "shop.yml" and text or nil, "No such file or directory" end }
  return plan.plan({ policies = {} }, whalewall, project), project
end

local function replaced(text, from, to)
  local result, count = text:gsub(from, to)
  assert.equal(1, count)
  return result
end

-- Codes in the first column of the tables, and in the sources.
local function told_codes()
  local codes = {}
  local of_check = SOURCE:match("^(.-)\n# What would pass: plan\n")
  for row in of_check:gmatch("\n| (`[^|]+`) |") do
    for code in row:gmatch("`([%l-]+)`") do
      codes[code] = true
    end
  end
  for _, field in ipairs({ "severity", "code", "text", "path", "services", "file", "line", "column" }) do
    assert.is_true(codes[field], field)
    codes[field] = field == "file" and true or nil
  end
  return codes
end

local function used_codes()
  local codes = {}
  for _, name in ipairs(files.list("lua/check", ".lua")) do
    local source = files.read("lua/check/" .. name .. ".lua")
    for code in source:gmatch('"warning",%s+"([%l-]+)"') do
      codes[code] = true
    end
    for code in source:gmatch('"error",%s+"([%l-]+)"') do
      codes[code] = true
    end
    for code in source:gmatch('code = "([%l-]+)"') do
      codes[code] = true
    end
    for code in source:gmatch('return "([%l-]+)", %(') do
      codes[code] = true
    end
  end
  codes.file, codes.compose = true, true -- of lua/check/inspect.lua, in one expression
  return codes
end

describe("docs/check.md", function()
  local written = block("yaml-file", 1)

  it("tells what is said of its compose file", function()
    assert.equal(block("text", 1), said_of(written))
  end)

  it("tells what is said of it when its mistakes are mended", function()
    local mended = replaced(replaced(written, "dst_port:", "dst_ports:"), '="true"', "=true")
    assert.equal(block("text", 2), said_of(mended))
  end)

  it("tells what is planned", function()
    assert.equal(block("text", 3), show.text(plan_of(block("yaml-file", 2)), false))
  end)

  it("has each field of what is found", function()
    local project = compose_project.read { files = { "a.yml" }, environment = function() end, name = "docs",
      read = function(path) return path == "a.yml" and written or nil, "No such file or directory" end }
    local json = report.json(check.check({ policies = {} }, whalewall, project))
    for field in json:gmatch('\n +"([%l_]+)":') do
      assert.is_truthy(SOURCE:find("`" .. field .. "`", 1, true), field)
    end
  end)

  it("has each field of a plan", function()
    local matrix, project = plan_of(block("yaml-file", 2))
    local json = graph.json(matrix, project.name)
    for field in json:gmatch('\n +"([%l_]+)":') do
      assert.is_truthy(SOURCE:find("`" .. field .. "`", 1, true), field)
    end
  end)

  it("has each code", function()
    assert.same(used_codes(), told_codes())
  end)

  it("has each code of a golden file, and each code is in one or in a spec", function()
    local seen = { closed = true, policy = true, file = true } -- in check_spec.lua, and of the program itself
    for _, name in ipairs(files.list("spec/golden/check", ".txt")) do
      for code in files.read("spec/golden/check/" .. name .. ".txt"):gmatch("\n?[^\n]+ %[([%l-]+)%]\n +%d+ |") do
        seen[code] = true
      end
    end
    assert.same(told_codes(), seen)
  end)
end)
