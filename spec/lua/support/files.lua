--- Files of the source tree, which is the working directory of the specs.
local M = {}

function M.read(path)
  local file = assert(io.open(path, "rb"))
  local content = file:read("a")
  file:close()
  return content
end

--- What a golden file says. With WW_GOLDEN_UPDATE in the environment it is written anew before, with what the test came
--- to (spec/unit/golden.h does the same for C).
function M.golden(path, got)
  if os.getenv("WW_GOLDEN_UPDATE") then
    local file = assert(io.open(path, "wb"))
    file:write(got)
    file:close()
  end
  return M.read(path)
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
