--- Findings as people and programs read them.
local json = require "json"
local text = require "text"

local M = {}

local FORMAT = 1
local WIDTH = 110 -- characters of an excerpt's line
local COLOURS = { error = "31", warning = "33", caret = "32", faint = "2" }

local function paint(colours, name, word)
  return colours and ("\27[%sm%s\27[0m"):format(COLOURS[name], word) or word
end

-- Where it is no UTF-8, a byte is a character.
local function characters(line)
  return utf8.len(line) and line or line:gsub("[\128-\255]", "?")
end

-- The part of a line around a column (in characters), and the column in it.
local function window(line, column)
  line = characters(text.blanked(line))
  local length = utf8.len(line)
  local first = math.max(1, math.min(column - WIDTH // 2, length - WIDTH + 1))
  local last = math.min(length, first + WIDTH - 1)
  local cut = line:sub(utf8.offset(line, first), (utf8.offset(line, last + 1) or #line + 1) - 1)
  return (first > 1 and "…" or "") .. cut .. (last < length and "…" or ""),
    column - first + 1 + (first > 1 and 1 or 0)
end

local function excerpt(found, colours)
  local line, column = window(found.source:line(found.line), found.column)
  local margin = ("%5d | "):format(found.line)
  local below = (" "):rep(#margin - 2) .. "| "
  return paint(colours, "faint", margin) .. line .. "\n"
    .. paint(colours, "faint", below) .. (" "):rep(column - 1) .. paint(colours, "caret", "^") .. "\n"
end

local function head(found, colours)
  local where = found.source and ("%s:%d:%d: "):format(text.visible(found.file), found.line, found.column) or ""
  local services = #found.services > 0 and text.plain(table.concat(found.services, ", "), 200) .. ": " or ""
  local path = found.path ~= "" and text.plain(found.path, 160) .. ": " or ""
  return ("%s%s: %s%s%s [%s]\n"):format(where, paint(colours, found.severity, found.severity), services, path,
    text.visible(found.text), found.code)
end

local function count_of(n, word)
  return ("%d %s%s"):format(n, word, n == 1 and "" or "s")
end

-- "3 services, 2 managed (not managed: cache)"
local function services_text(summary)
  local unmanaged = ""
  if #summary.unmanaged == summary.services and summary.services > 0 then
    unmanaged = ", so nothing is restricted; a service is managed with the label whalewall.enabled: \"true\""
  elseif #summary.unmanaged > 0 then
    unmanaged = (" (not managed: %s)"):format(text.plain(table.concat(summary.unmanaged, ", "), 200))
  end
  return ("%s, %d managed%s"):format(count_of(summary.services, "service"), summary.services - #summary.unmanaged,
    unmanaged)
end

--- text(findings, summary, colours) -> lines. summary: {services = number, unmanaged = list of names}.
function M.text(findings, summary, colours)
  local out = {}
  for _, found in ipairs(findings:sorted()) do
    out[#out + 1] = head(found, colours) .. (found.source and excerpt(found, colours) or "") .. "\n"
  end
  local errors = count_of(findings.errors, "error")
  local warnings = count_of(findings.warnings, "warning")
  if findings.errors > 0 then
    errors = paint(colours, "error", errors)
  end
  if findings.warnings > 0 then
    warnings = paint(colours, "warning", warnings)
  end
  out[#out + 1] = ("%s, %s; %s\n"):format(errors, warnings, services_text(summary))
  return table.concat(out)
end

--- errors(findings) -> the errors only, as text.
function M.errors(findings)
  local out = {}
  for _, found in ipairs(findings:sorted()) do
    if found.severity == "error" then
      out[#out + 1] = head(found, false) .. (found.source and excerpt(found, false) or "") .. "\n"
    end
  end
  return table.concat(out)
end

--- json(findings, summary) -> text
function M.json(findings, summary)
  local list = json.list()
  for i, found in ipairs(findings:sorted()) do
    list[i] = { severity = found.severity, code = found.code, text = found.text, path = found.path, file = found.file,
      line = found.line, column = found.column, services = json.list(found.services) }
  end
  return json.encode { format = FORMAT, errors = findings.errors, warnings = findings.warnings, findings = list,
    services = summary.services, unmanaged = json.list(summary.unmanaged) }
end

return M
