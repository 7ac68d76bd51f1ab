--- CIDRs as people write them: bits beyond the prefix do not count, and may be a mistake.
local addr = require "native.addr"

local M = {}

--- doubt(written, range) -> what is odd about a CIDR whose address has bits beyond its prefix; nil: nothing is. range:
-- the same, canonical.
function M.doubt(written, range)
  local slash = written:find("/", 1, true)
  local address = slash and addr.parse(written:sub(1, slash - 1))
  if address and address ~= range:match("^[^/-]*") then
    return ("'%s' is all of %s, for bits beyond the prefix do not count; write that, or '%s' for the one address")
      :format(written, range, address)
  end
end

--- read(written) -> range, canonical | nil, reason: an address, a CIDR or a range, as lists of many have them. What
-- would be all addresses of a family, and is not written so, is none.
function M.read(written)
  local range, reason = addr.range(written)
  if not range then
    return nil, reason
  end
  local doubt = (range == "0.0.0.0/0" or range == "::/0") and M.doubt(written, range)
  if doubt then
    return nil, doubt
  end
  return range
end

return M
