-- An agent whose labels are read in the process: follow.lua DATA-DIRECTORY ENGINE
local whalewall = require "whalewall"

io.stdout:setvbuf("line")
local agent = assert(whalewall.agent {
  data_dir = arg[1],
  docker_host = arg[2],
  give_back = true,
  state = function(state)
    print(("state engine=%s ready=%s containers=%d"):format(state.engine, state.ready, state.containers))
  end,
})
assert(agent:start())
assert(agent:run())
