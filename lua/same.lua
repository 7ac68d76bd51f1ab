--- Whether two values are the same, tables by what is in them.

-- `besides`: keys of the two tables themselves that do not matter, as a set; or nil. What a table answers by its
-- metatable does not matter either.
local function same(a, b, besides)
  if type(a) ~= "table" or type(b) ~= "table" then
    return a == b
  end
  local skipped = besides or {}
  for key, value in next, a do
    if not skipped[key] and not same(value, rawget(b, key)) then
      return false
    end
  end
  for key in next, b do
    if rawget(a, key) == nil and not skipped[key] then
      return false
    end
  end
  return true
end

return same
