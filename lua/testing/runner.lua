--- Runs specs as busted does, as far as specs of policies need it: describe, it, before_each, after_each, and the
-- assertions below. For `whalewall test`, where there is no busted.
local same = require "same"

local M = {}

local Failure = { __tostring = function(self) return self.message end }

local function fail(message, level)
  local _, placed = pcall(error, message, (level or 1) + 3)
  error(setmetatable({ message = placed }, Failure), 0)
end

local function show(value, depth)
  if type(value) == "string" then
    return ("%q"):format(value)
  elseif type(value) ~= "table" or (depth or 0) > 3 then
    return tostring(value)
  end
  local parts = {}
  for key, inner in pairs(value) do
    parts[#parts + 1] = ("[%s] = %s"):format(show(key), show(inner, (depth or 0) + 1))
  end
  table.sort(parts)
  return "{ " .. table.concat(parts, ", ") .. " }"
end

local function assertion(holds, text)
  return function(expected, actual, message)
    if not holds(expected, actual) then
      fail(message or text:format(show(expected), show(actual)))
    end
  end
end

local function of_one(holds, text)
  return function(value, message)
    if not holds(value) then
      fail(message or text:format(show(value)))
    end
  end
end

local checks = {
  equal = assertion(function(a, b) return a == b end, "expected %s, got %s"),
  same = assertion(same, "expected the same as %s, got %s"),
  matches = assertion(function(pattern, text) return type(text) == "string" and text:find(pattern) end,
    "expected a match of %s in %s"),
  is_true = of_one(function(value) return value == true end, "expected true, got %s"),
  is_false = of_one(function(value) return value == false end, "expected false, got %s"),
  is_nil = of_one(function(value) return value == nil end, "expected nil, got %s"),
  is_truthy = of_one(function(value) return value end, "expected something true, got %s"),
}

function checks.has_error(fn, expected)
  local ok, message = pcall(fn)
  if ok or expected ~= nil and not same(expected, message) then
    fail(ok and "expected an error" or ("expected the error %s, got %s"):format(show(expected), show(message)))
  end
end

local function check(value, message)
  if not value then
    fail(message or "assertion failed")
  end
  return value
end

local results -- {passed, failed, reports}

local function call_all(blocks, name)
  for _, block in ipairs(blocks) do
    for _, fn in ipairs(block[name]) do
      fn()
    end
  end
end

-- With the line of the spec, where the message has no place.
local function placed(message, path)
  local level = 2
  while true do
    local frame = debug.getinfo(level, "Sl")
    if not frame or message:find(path .. ":", 1, true) then
      return message
    elseif frame.source == "@" .. path then
      return ("%s:%d: %s"):format(path, frame.currentline, message)
    end
    level = level + 1
  end
end

local function run_one(blocks, title, fn, path)
  local names = {}
  for i, block in ipairs(blocks) do
    names[i] = block.title
  end
  names[#names + 1] = title
  local ok, message = xpcall(function()
    call_all(blocks, "before_each")
    fn()
    call_all(blocks, "after_each")
  end, function(err) return getmetatable(err) == Failure and err.message or placed(tostring(err), path) end)
  results[ok and "passed" or "failed"] = results[ok and "passed" or "failed"] + 1
  results.marks[#results.marks + 1] = ok and "+" or "-"
  if not ok then
    results.reports[#results.reports + 1] = table.concat(names, " ") .. "\n  " .. message:gsub("\n", "\n  ")
  end
end

local function environment(blocks, path)
  local env = setmetatable({ assert = setmetatable(checks, { __call = function(_, ...) return check(...) end }) },
    { __index = _G })
  function env.describe(title, fn)
    blocks[#blocks + 1] = { title = title, before_each = {}, after_each = {} }
    fn()
    blocks[#blocks] = nil
  end
  function env.it(title, fn)
    run_one(blocks, title, fn, path)
  end
  for _, name in ipairs({ "before_each", "after_each" }) do
    env[name] = function(fn)
      local list = blocks[#blocks][name]
      list[#list + 1] = fn
    end
  end
  return env
end

local function run_file(path)
  local blocks, before = {}, #results.marks
  local chunk, message = loadfile(path, "t", environment(blocks, path))
  local ok = chunk ~= nil
  if ok then
    ok, message = xpcall(chunk, function(err) return placed(tostring(err), path) end)
  end
  if ok and #results.marks == before then
    results.reports[#results.reports + 1] = path .. "\n  has no test: nothing in it calls it(…)"
  elseif not ok then
    results.failed = results.failed + 1
    results.marks[#results.marks + 1] = "-"
    results.reports[#results.reports + 1] = path .. "\n  " .. tostring(message)
  end
end

--- Set by the caller: are sites asked in the kernel, too?
M.kernel = false

--- Set by the sites: how many flows the kernel was asked about, and how many packets cannot tell about.
M.flows = { told = 0, untold = 0 }

--- fail(message, level): what `whalewall.testing` fails with.
M.fail = fail

local function kernel_words()
  local told, untold = M.flows.told, M.flows.untold
  local flows = told == 0 and "no flow" or told == 1 and "1 flow" or told .. " flows"
  local more = untold > 0 and (", packets cannot tell about %d more"):format(untold) or ""
  return ("; the kernel was asked about %s%s"):format(flows, more)
end

--- run(paths) -> did all hold? Prints as it goes.
function M.run(paths)
  results = { passed = 0, failed = 0, marks = {}, reports = {} }
  for _, path in ipairs(paths) do
    run_file(path)
  end
  if #paths == 0 then
    results.reports[1] = "there is no spec: no file there ends in _spec.lua"
  end
  print(table.concat(results.marks))
  print(("%d passed, %d failed%s"):format(results.passed, results.failed, M.kernel and kernel_words() or ""))
  for _, report in ipairs(results.reports) do
    print("\n" .. report)
  end
  return results.failed == 0 and results.passed > 0
end

return M
