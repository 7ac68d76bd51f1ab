--- Every managed container may ask name servers.
return {
  apiversion = 1,
  name = "allow-dns",
  handler = function(container, options)
    container:allow {
      output = {
        { proto = "udp", dst_ports = { 53 }, ips = options.servers },
        { proto = "tcp", dst_ports = { 53 }, ips = options.servers },
      },
    }
  end,
}
