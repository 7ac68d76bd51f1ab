--- Files of the source tree, which is the working directory of the specs.
local M = {}

function M.read(path)
  local file = assert(io.open(path, "rb"))
  local content = file:read("a")
  file:close()
  return content
end

--- The names in a folder that end in `suffix`, without it, sorted.
function M.list(folder, suffix)
  local names = {}
  local pipe = assert(io.popen(("ls '%s'"):format(folder)))
  for name in pipe:lines() do
    if name:sub(-#suffix) == suffix then
      names[#names + 1] = name:sub(1, -#suffix - 1)
    end
  end
  pipe:close()
  table.sort(names)
  return names
end

return M
