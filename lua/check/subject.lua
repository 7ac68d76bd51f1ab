--- What a check of one service works with: the service, its rules, and a way to say something of them.
local label_file = require "check.label"
local compose_service = require "compose.service"
local place = require "compose.place"
local scalars = require "scalars"

local M = {}

local Subject = {}
Subject.__index = Subject

M.ENABLED, M.RULES, M.AUDIT = "whalewall.enabled", "whalewall.rules", "whalewall.audit"

-- "on", "off" (which empty is, too), "bad"; nil: there is no such label.
local function switch_of(label)
  if not label then
    return nil
  elseif label.text == "" then
    return "off"
  end
  local value = scalars.boolean({ kind = "scalar", plain = true, value = label.text })
  return value == nil and "bad" or value and "on" or "off"
end

--- new(project, service, findings) -> subject
function M.new(project, service, findings)
  local subject = setmetatable({ project = project, service = service, findings = findings, told = {},
    doubted = {} }, Subject)
  subject.enabled = compose_service.label(service, M.ENABLED)
  subject.label = compose_service.label(service, M.RULES)
  subject.switch = switch_of(subject.enabled)
  subject.audit = compose_service.label(service, M.AUDIT)
  subject.audited = switch_of(subject.audit)
  subject.unset = subject.label and subject.label.value.unset
  if subject.label then
    subject.read = label_file.read(subject.label.text)
    subject.rules = not subject.unset and subject.read.rules or nil
  end
  return subject
end

--- subject:at(severity, code, node, message): about the service, at a node of the file.
function Subject:at(severity, code, node, message)
  self.findings:add { severity = severity, code = code, node = node, text = message, service = self.service.name }
end

--- subject:rule(severity, code, path, message): about a key of the rules.
function Subject:rule(severity, code, path, message)
  self.tree = self.tree or label_file.tree(self.label.text)
  local key = label_file.node(self.tree, path)
  self.told[path:match("^%l+%[%d+%]") or path] = true
  self.findings:add { severity = severity, code = code, path = path, text = message, service = self.service.name,
    node = self.label.value, offset = place.offset(self.label.text, key.line, key.column) }
end

local function place_words(line, column)
  return "in line " .. line .. (column and " column " .. column or "")
end

-- The text of a fault. Another place that it mentions is one of the label's text: here, of the file's.
local function text_of(self, err)
  local other = err.mentions
  if not other then
    return err.text
  end
  local offset = place.offset(self.label.text, other.line, other.column or 1)
  local _, line, column = place.of(self.label.value, offset)
  return (err.text:gsub(place_words(other.line, other.column), place_words(line, other.column and column), 1))
end

--- subject:fault(err): about the rules as a text.
function Subject:fault(err)
  self.findings:add { severity = "error", code = "rules", path = err.path, text = text_of(self, err),
    service = self.service.name, node = self.label.value,
    offset = place.offset(self.label.text, err.line, err.column) }
end

--- subject:doubt(doubt): about what the rules have, though it may open more than was meant.
function Subject:doubt(doubt)
  self.doubted[("%s line %d"):format(doubt.path, doubt.line)] = true
  self.findings:add { severity = "warning", code = "opens-more", path = doubt.path, text = doubt.text,
    service = self.service.name, node = self.label.value,
    offset = place.offset(self.label.text, doubt.line, doubt.column) }
end

--- subject:each(fn): calls fn(side, entry, path) for each rule of `input` and `output`.
function Subject:each(fn)
  for _, side in ipairs({ "input", "output" }) do
    for i, entry in ipairs(self.rules and self.rules[side] or {}) do
      fn(side, entry, ("%s[%d]"):format(side, i - 1))
    end
  end
end

--- subject:section(name) -> the section of mapped_ports, where it allows something.
function Subject:section(name)
  local section = self.rules and self.rules.mapped_ports and self.rules.mapped_ports[name]
  return section and section.allow and section or nil
end

return M
