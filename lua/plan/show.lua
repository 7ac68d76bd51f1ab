--- A plan as text: what is open to the world, then a table of senders and receivers; where that is too wide, a list.
local apart = require "plan.apart"
local text = require "text"
local words = require "plan.words"

local M = {}

local WIDTH = 120
local NOTHING = "-"
local COLOURS = { head = "2", open = "33", nothing = "2" }

local function paint(colours, name, word)
  return colours and name and ("\27[%sm%s\27[0m"):format(COLOURS[name], word) or word
end

local function width_of(word)
  return utf8.len(word) or #word
end

-- Cells are lists of lines. Returns the lines of the table, each a list of {word, colour}.
local function layout(rows, columns)
  local widths = {}
  for column = 1, columns do
    widths[column] = 0
    for _, row in ipairs(rows) do
      for _, line in ipairs(row[column]) do
        widths[column] = math.max(widths[column], width_of(line))
      end
    end
  end
  return widths
end

local function total(widths)
  local sum = 2 * (#widths - 1)
  for _, width in ipairs(widths) do
    sum = sum + width
  end
  return sum
end

local function colour_of(row, column, line)
  return (row == 1 or column == 1) and "head" or line == NOTHING and "nothing" or nil
end

local function table_lines(rows, widths, colours, out)
  for number, row in ipairs(rows) do
    local height = 1
    for _, cell in ipairs(row) do
      height = math.max(height, #cell)
    end
    for i = 1, height do
      local parts = {}
      for column, cell in ipairs(row) do
        local line = cell[i] or ""
        parts[column] = paint(colours, colour_of(number, column, line), line)
          .. (" "):rep(widths[column] - width_of(line))
      end
      out[#out + 1] = table.concat(parts, "  "):gsub("%s+$", "") .. "\n"
    end
  end
end

-- May something pass from, or to, this end?
local function sends(matrix, i)
  for j in ipairs(matrix.ends) do
    if #matrix.grants[i][j] > 0 then
      return true
    end
  end
  return false
end

local function receives(matrix, j)
  for i in ipairs(matrix.ends) do
    if #matrix.grants[i][j] > 0 then
      return true
    end
  end
  return false
end

-- Rows and columns: services always, other ends where something may pass.
local function rows_of(matrix)
  local rows = { { { "from \\ to" } } }
  local columns = {}
  for j, item in ipairs(matrix.ends) do
    if item.kind == "service" or receives(matrix, j) then
      columns[#columns + 1] = j
      table.insert(rows[1], { text.plain(words.name(item), 80) })
    end
  end
  for i, item in ipairs(matrix.ends) do
    if item.kind == "service" or sends(matrix, i) then
      local row = { { text.plain(words.name(item), 80) } }
      for _, j in ipairs(columns) do
        local lines = words.lines(matrix.grants[i][j])
        row[#row + 1] = #lines > 0 and lines or { NOTHING }
      end
      rows[#rows + 1] = row
    end
  end
  return rows
end

-- Where no side is managed, nothing is to be said.
local function is_told(from, to)
  return from.managed or to.managed or from.kind == "internet"
end

local function list_lines(matrix, colours, out)
  for i, from in ipairs(matrix.ends) do
    local lines = {}
    for j, to in ipairs(matrix.ends) do
      local passes = is_told(from, to) and words.lines(matrix.grants[i][j]) or {}
      if #passes > 0 then
        lines[#lines + 1] = ("  to %s: %s\n"):format(text.plain(words.name(to), 80), table.concat(passes, "; "))
      end
    end
    lines[1] = lines[1] or from.managed and "  to nothing\n" or nil
    if #lines > 0 then
      out[#out + 1] = paint(colours, "head", text.plain(words.name(from), 80)) .. "\n" .. table.concat(lines)
    end
  end
end

local function open_lines(matrix, colours, out)
  local begun = false
  for i, from in ipairs(matrix.ends) do
    for j, to in ipairs(matrix.ends) do
      local lines = from.kind == "internet" and words.lines(matrix.grants[i][j]) or {}
      if #lines > 0 then
        out[#out + 1] = (begun and "" or "open to the world:\n") .. "  "
          .. paint(colours, "open", text.plain(words.name(to), 80)) .. ": " .. table.concat(lines, "; ") .. "\n"
        begun = true
      end
    end
  end
  local unsaid = apart.unsaid(matrix)
  out[#out + 1] = begun and (unsaid and "  and " .. unsaid .. "\n\n" or "\n")
    or ("nothing is open to the world%s\n\n"):format(unsaid and ", but for " .. unsaid or "")
end

-- "+ tcp 5432; - udp 53"
local function change_text(change, colours)
  local parts = {}
  for _, line in ipairs(words.lines(change.opens)) do
    parts[#parts + 1] = paint(colours, "open", "+ " .. line)
  end
  for _, line in ipairs(words.lines(change.closes)) do
    parts[#parts + 1] = "- " .. line
  end
  return table.concat(parts, "; ")
end

local function change_lines(matrix, colours, out)
  local changes = matrix.changes
  out[#out + 1] = #changes > 0 and "\nchange against what is in force (+ may newly pass, - may no longer):\n"
    or "\nno change against what is in force\n"
  for _, change in ipairs(changes) do
    out[#out + 1] = ("  %s -> %s: %s\n"):format(text.plain(change.from, 80), text.plain(change.to, 80),
      change_text(change, colours))
  end
  out[#out + 1] = matrix.was_audited
    and "\nsome of what is in force is AUDITED: nothing of it is dropped, so what its rules refuse counts as open\n"
    or nil
end

-- What a matrix cannot say.
local function note_lines(matrix, out)
  local unmanaged, closed, audited = false, false, false
  for i, item in ipairs(matrix.ends) do
    unmanaged = unmanaged or item.kind == "service" and not item.managed
    closed = closed or item.fault ~= nil and not item.audited
    audited = audited or item.audited
    if item.kind == "range" and #item.ranges > 1 and (sends(matrix, i) or receives(matrix, i)) then
      out[#out + 1] = ("%s: %s\n"):format(words.name(item), text.plain(table.concat(item.ranges, ", "), 300))
    end
  end
  out[#out + 1] = unmanaged and "* not managed: only the other side's rules hold\n" or nil
  out[#out + 1] = audited and "~ AUDITED, so not enforced: nothing of it is dropped, whatever its rules say\n" or nil
  out[#out + 1] = closed and "! closed: its labels have an error (whalewall check)\n" or nil
  for _, service in ipairs(matrix.apart) do
    out[#out + 1] = ("%s: %s\n"):format(text.plain(service.name, 80), service.why)
  end
  if matrix.left_out > 0 then
    out[#out + 1] = ("%d more ranges of addresses are named, and not shown\n"):format(matrix.left_out)
  end
end

--- text(matrix, colours) -> text. With matrix.changes (lua/plan/change.lua), these too.
function M.text(matrix, colours)
  local out, notes = {}, {}
  open_lines(matrix, colours, out)
  local rows = rows_of(matrix)
  local widths = layout(rows, #rows[1])
  if total(widths) <= WIDTH then
    table_lines(rows, widths, colours, out)
  else
    list_lines(matrix, colours, out)
  end
  if matrix.changes then
    change_lines(matrix, colours, out)
  end
  note_lines(matrix, notes)
  return table.concat(out) .. (#notes > 0 and "\n" or "") .. table.concat(notes)
end

return M
