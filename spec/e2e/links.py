"""What the attacks at the link layer need to know of the lab: each node's address, MAC and port, and the bridge's own."""

import collections
import json

from frames import link_local
from lab import HOST4, HOST6, OUTSIDE4, OUTSIDE6

Place = collections.namedtuple("Place", "name net mac v4 v6 local port port_local")
Bridge = collections.namedtuple("Bridge", "device mac v4 v6 local")


def link(lab, node, device):
    return json.loads(lab.run(node, ["ip", "-j", "link", "show", "dev", device]))[0]


def bridge_device(lab, net):
    return "docker0" if net == "bridge" else f"br-{lab.engine.get(f'/networks/{net}')['Id'][:12]}"


def bridge(lab, net):
    """The host's end of that network."""
    device = bridge_device(lab, net)
    mac = link(lab, "host", device)["address"]
    known = json.loads(lab.run("host", ["ip", "-j", "addr", "show", "dev", device]))[0]["addr_info"]
    v4, v6 = (next((a["local"] for a in known if a["family"] == family and a["scope"] == "global"), None) for family in ("inet", "inet6"))
    local = next(a["local"] for a in known if a["scope"] == "link" and a["local"] != "fe80::1")
    return Bridge(device, mac, v4, v6, local)


def place(lab, name, net):
    """A running container's end of that network, as the engine made it, and the port that leads to it (eth0 only)."""
    endpoint = lab.inspect(name)["NetworkSettings"]["Networks"][net]
    index = link(lab, name, "eth0")["link_index"]
    port = next(entry for entry in json.loads(lab.run("host", ["ip", "-j", "link"])) if entry["ifindex"] == index)
    return Place(name, net, endpoint["MacAddress"], endpoint["IPAddress"], endpoint["GlobalIPv6Address"] or None,
                 link_local(endpoint["MacAddress"]), port["ifname"], link_local(port["address"]))


def no_reverse_path(lab):
    """The host does not compare sources with routes: what the program promises must not lean on that."""
    lab.run("host", ["sh", "-c", "for f in /proc/sys/net/ipv4/conf/*/rp_filter; do echo 0 >$f; done"])


def set_bridge_nf(lab, on):
    lab.run("host", ["sh", "-c", f"for n in iptables ip6tables; do echo {on:d} >/proc/sys/net/bridge/bridge-nf-call-$n; done"])


def host(family):
    return HOST6 if family == 6 else HOST4


def outside(family, n=0):
    return (OUTSIDE6 if family == 6 else OUTSIDE4)[n]
