--- docs/lua.md and the comments in the sources have every function, and what the document shows runs.
local files = require "spec.lua.support.files"
local whalewall = require "whalewall"

local SOURCE = files.read("docs/lua.md")
local ROCK = "bindings/rock/"

-- Each function by the name that the documents give it.
local function functions()
  local names = {}
  for name, value in pairs(whalewall) do
    names["whalewall." .. name] = type(value)
  end
  for _, object in ipairs { "world", "agent" } do
    local source = files.read(ROCK .. object .. ".c"):match("\nstatic const luaL_Reg methods%[%] = (%b{});")
    for name in source:gmatch('{"([%l_]+)",') do
      names[object .. ":" .. name] = "function"
    end
  end
  return names
end

local function comments()
  local found = {}
  for _, name in ipairs(files.list("bindings/rock", ".c")) do
    for comment in files.read(ROCK .. name .. ".c"):gmatch("/%*%*%*(.-)%*/") do
      local what = comment:match("@function ([%w:_]+)") or comment:match("@field ([%w_]+)")
      found[what or ""] = comment
    end
  end
  return found
end

-- In a state of its own, with what it would find, in a folder of its own.
local function run(body, folder)
  local path = folder .. "/script.lua"
  local file = assert(io.open(path, "w"))
  file:write(body)
  file:close()
  local docker = assert(io.open(folder .. "/docker", "w"))
  docker:write('#!/bin/sh\ncase "$*" in\ninspect*) cat spec/recordings/engine-20.10/inspect-two-networks.json ;;\n',
    '"network inspect"*) cat spec/recordings/engine-20.10/network-inspect.json ;;\nesac\n')
  docker:close()
  local command = "chmod +x '%s/docker'; PATH='%s':$PATH LUA_CPATH_5_4='%s' lua5.4 '%s' '%s/data' 2>&1; echo status $?"
  local cpath = package.cpath:match("[^;]+")
  local pipe <close> = assert(io.popen(command:format(folder, folder, cpath, path, folder)))
  return pipe:read("a")
end

describe("docs/lua.md", function()
  it("has every function", function()
    for name in pairs(functions()) do
      assert.is_truthy(SOURCE:find("`" .. name .. "[`(]"), name)
    end
  end)

  it("has every option, and every question", function()
    for name in files.read(ROCK .. "agent_options.c"):gmatch('%.name = "([%l_]+)"') do
      assert.is_truthy(SOURCE:find("`" .. name .. "`", 1, true), name)
    end
    for name in files.read(ROCK .. "world.c"):gmatch('%.name = "([%l_]+)"') do
      assert.is_truthy(SOURCE:find("`" .. name .. "`", 1, true), name)
    end
    for name in files.read("core/control/answer.c"):gmatch('"/v1/(%l+)"') do
      assert.is_truthy(SOURCE:find("`" .. name .. "`", 1, true), name)
      assert.is_truthy(comments()["Agent:ask"]:find('"' .. name .. '"', 1, true), name)
    end
  end)

  local SAYS = { ["look.lua"] = "0\tcontainers are closed\nrefused\n", ["packet.lua"] = "", ["enforce.lua"] = "info\t",
    ["errors.lua"] = "did you mean 'mapped_ports'?.*false\t.*there is no option 'polices'" }
  for body in SOURCE:gmatch("\n```lua\n(.-)\n```\n") do
    local name = body:match("^%-%- (%S+)\n")
    it("shows a script that runs: " .. name, function()
      local pipe = assert(io.popen("mktemp -d"))
      local folder = pipe:read("l")
      pipe:close()
      local output = run(body, folder)
      os.execute(("rm -r '%s'"):format(folder))
      assert.matches("status 0\n$", output)
      assert.matches(SAYS[name], output)
      SAYS[name] = nil
    end)
  end

  it("shows no other script", function()
    assert.is_nil(next(SAYS))
  end)
end)

describe("the sources' comments", function()
  it("have every function, and no other", function()
    local found = comments()
    local wanted = { [""] = true, ["Jail:close"] = true }
    for name in pairs(functions()) do
      wanted[(name:gsub("^whalewall%.", ""):gsub("^%l", function(first)
        return name:find(":", 1, true) and first:upper() or first
      end))] = true
    end
    for name in pairs(found) do
      assert.is_true(wanted[name], name)
    end
    for name in pairs(wanted) do
      assert.is_truthy(found[name], name)
    end
  end)
end)
