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

-- {side, peers = list of lua/plan/ranges.lua, "host" or nil (any), proto = name or nil, sports, dports}
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
  return rule
end

--- parse(text) -> list of rules
function M.parse(text)
  local list = {}
  for line in text:gmatch("[^\n]+") do
    list[#list + 1] = rule_of(line)
  end
  return list
end

return M
