--- No container reaches a cloud's metadata service, which hands out the machine's credentials.
local SERVICES = {
  "169.254.169.254",    -- nearly everywhere
  "fd00:ec2::254",      -- Amazon
  "fd20:ce::254",       -- Google
  "fd00:c1::a9fe:a9fe", -- Oracle
  "fe80::a9fe:a9fe",    -- OpenStack
}

return {
  apiversion = 1,
  name = "deny-metadata",
  handler = function(container, options)
    local reason = "the metadata service hands out the machine's credentials"
    container:refuse({ output = { { ips = SERVICES } } }, reason)
    if options.addresses and #options.addresses > 0 then
      container:refuse({ output = { { ips = options.addresses } } }, reason)
    end
  end,
}
