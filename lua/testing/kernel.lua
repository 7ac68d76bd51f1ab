--- The same flows as real packets: the site as network namespaces of its own, with the program's rules in force.
--
-- Only the verdict comes from there. Which rule it was, and why, the simulator says; where the two disagree, the spec
-- fails.
local M = {}

local QUIET_MS = 30 -- what is to be dropped has not arrived by then
local PATIENCE_MS = { 400, 1500 } -- what is to pass ends the wait; a busy machine may be late

--- wanted(given) -> does the spec (`kernel` of a site), `whalewall test -kernel` or WW_KERNEL=1 ask for it?
function M.wanted(given)
  local runner = _G.package.loaded["whalewall.runner"]
  if given.kernel ~= nil then
    return given.kernel
  end
  return runner and runner.kernel or _G.os.getenv("WW_KERNEL") == "1"
end

--- open(site, hosts, ways): make the namespaces, and put the rules in force. hosts: addresses of the host towards the
-- outside; ways: where its ports lead. Raises what cannot be had.
function M.open(site, hosts, ways)
  _G.collectgarbage() -- the namespaces of sites that are gone
  site.simulation:enforce({ hosts = hosts, ways = ways })
end

local function words(sent)
  if sent.untold then
    return "not told: " .. sent.untold
  elseif sent.delivered then
    return sent.answered and "passes" or "arrives, but its answer does not"
  elseif sent.strayed then
    return "arrives elsewhere"
  end
  return sent.error and "dropped: " .. sent.error or "dropped"
end

-- `whalewall test` says in the end how many there were.
local function count(said)
  local runner = _G.package.loaded["whalewall.runner"]
  if runner then
    local key = said:find("^not told") and "untold" or "told"
    runner.flows[key] = runner.flows[key] + 1
  end
  return said
end

--- agrees(said, allowed) -> is what send said what the simulator says?
function M.agrees(said, allowed)
  return said == nil or said:find("^not told") ~= nil or (said == "passes") == allowed and
    (allowed or said:find("^dropped") ~= nil)
end

-- What is not as the simulator says is asked again.
local function send_until(site, flow, allowed)
  local said
  for _, patience in ipairs(PATIENCE_MS) do
    said = words(site.simulation:send({ flow }, allowed and patience or QUIET_MS)[1])
    if M.agrees(said, allowed) then
      break
    end
  end
  return said
end

--- send(site, flow, allowed) -> "passes", "dropped", "not told: …", or what else came of it.
function M.send(site, flow, allowed)
  return count(send_until(site, flow, allowed))
end

--- send_all(site, flows, allowed) -> the same for many, no two of one source address and port: a list. allowed: what
-- the simulator says of each.
function M.send_all(site, flows, allowed)
  local said = {}
  for i, sent in ipairs(site.simulation:send(flows, QUIET_MS)) do
    said[i] = words(sent)
    if not M.agrees(said[i], allowed[i]) then
      said[i] = send_until(site, flows[i], allowed[i])
    end
    count(said[i])
  end
  return said
end

return M
