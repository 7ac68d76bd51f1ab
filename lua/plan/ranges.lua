--- Ranges of addresses, as rules have them: which addresses of IPv4 they have.
local M = {}

local numbers = {} -- of addresses, by their text; false: not IPv4

--- number(address) -> an IPv4 address as a number; false: it is none.
function M.number(address)
  local number = numbers[address]
  if number == nil then
    local a, b, c, d = address:match("^(%d+)%.(%d+)%.(%d+)%.(%d+)$")
    number = a and ((math.tointeger(a) * 256 + math.tointeger(b)) * 256 + math.tointeger(c)) * 256 + math.tointeger(d)
      or false
    numbers[address] = number
  end
  return number
end

--- parse(text) -> {text, first, last}: first and last are missing where it is not IPv4.
function M.parse(text)
  local base, length = text:match("^([%d.]+)/(%d+)$")
  local first = base and M.number(base)
  if first then
    return { text = text, first = first, last = first + (1 << 32 - math.tointeger(length)) - 1 }
  end
  local from, to = text:match("^([%d.]+)%-([%d.]+)$")
  return { text = text, first = M.number(from or text) or nil, last = M.number(to or text) or nil }
end

--- contains(range, address) -> may it be so? Yes, where one of them is not IPv4.
function M.contains(range, address)
  local number = M.number(address)
  if not range.first or not number then
    return true
  end
  return range.first <= number and number <= range.last
end

--- first(text) -> an address in a range.
function M.first(text)
  return text:match("^[^/%-]+")
end

--- outside(list) -> an address of IPv4 that is in none of these ranges (texts), but for those that have all.
function M.outside(list)
  local parsed = {}
  for _, text in ipairs(list) do
    local range = M.parse(text)
    parsed[#parsed + 1] = range.first and not text:find("/0$") and range or nil
  end
  for third = 0, 255 do
    local address = ("198.51.%d.77"):format((100 + third) % 256)
    local free = true
    for _, range in ipairs(parsed) do
      free = free and not M.contains(range, address)
    end
    if free then
      return address
    end
  end
  return "198.51.100.77"
end

return M
