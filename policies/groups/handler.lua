--- Names for lists of addresses, which labels write as `@name`.
return {
  apiversion = 1,
  name = "groups",
  groups = function(options)
    local groups = {}
    for name, list in pairs(options.lists or {}) do
      groups[name] = list
    end
    for name, list in pairs(options.files or {}) do
      assert(not groups[name], ("'%s' is in lists and in files"):format(name))
      groups[name] = list
    end
    return groups
  end,
}
