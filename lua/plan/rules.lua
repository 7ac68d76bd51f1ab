--- Rules in their text form (core/ir/text.h) as tables: as much of them as says which flows to ask about.
local protocols = require "protocols"
local ranges = require "plan.ranges"

local M = {}

local function ports_of(text)
  local list = {}
  for first, last in (text or ""):gmatch("(%d+)%-?(%d*)") do
    list[#list + 1] = { math.tointeger(first), math.tointeger(last ~= "" and last or first) }
  end
  return list
end

local function words_of(line)
  local words = {}
  for word in line:match('^[^"]*'):gmatch("%S+") do
    words[#words + 1] = word
  end
  return words
end

local UNQUOTED = { ["\\\\"] = "\\", ['\\"'] = '"' }

local function unquote(text)
  return text and text:gsub('\\[\\"]', UNQUOTED)
end

-- What is quoted is a stranger's: it is looked at from the line's end, where the origin is the last.
local function add_words(rule, line)
  local before, origin = line:match('^(.*) origin "(.*)"$')
  rule.origin = unquote(origin)
  local chain, queue = (before or line):match(' chain (".*")$'), (before or line):match(" queue (%d+)[%w_ ]*$")
  rule.verdict = chain and "the chain " .. chain or queue and "queue " .. queue or nil
end

-- {side, peers = list of lua/plan/ranges.lua, "host" or nil (any), proto = name or nil, sports, dports, origin,
-- verdict = text or nil (accepted)}
local function rule_of(line)
  local words = words_of(line)
  local rule, named = { side = words[1], sports = {}, dports = {} }, {}
  for i, word in ipairs(words) do
    named[word] = words[i + 1]
    if protocols.by_name[word] then
      rule.proto = word
    end
  end
  local peer = rule.side == "output" and named.to or rule.side ~= "output" and named.from or nil
  if peer == "host" then
    rule.peers = "host"
  elseif peer and peer ~= "any" then
    rule.peers = {}
    for range in peer:gmatch("[^,]+") do
      rule.peers[#rule.peers + 1] = ranges.parse(range)
    end
  end
  rule.sports, rule.dports = ports_of(named.sport), ports_of(named.dport)
  add_words(rule, line)
  return rule
end

-- Rules by the addresses that they are about, where these are single addresses of IPv4; other rules are `wide`.
local function put(index, rule)
  local exact = type(rule.peers) == "table"
  for _, range in ipairs(exact and rule.peers or {}) do
    exact = exact and range.first ~= nil and range.first == range.last
  end
  if not exact then
    index.wide[#index.wide + 1] = rule
    return
  end
  for _, range in ipairs(rule.peers) do
    local list = index.exact[range.text] or {}
    index.exact[range.text] = list
    list[#list + 1] = rule
  end
end

--- parse(text) -> {list = rules, output = index, input = index}. An index, of the rules of that direction, is {wide =
-- list, exact = lists by address}.
function M.parse(text)
  local parsed = { list = {}, output = { wide = {}, exact = {} }, input = { wide = {}, exact = {} } }
  for line in text:gmatch("[^\n]+") do
    local rule = rule_of(line)
    parsed.list[#parsed.list + 1] = rule
    put(rule.side == "output" and parsed.output or parsed.input, rule)
  end
  return parsed
end

return M
