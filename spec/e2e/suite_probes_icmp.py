"""ICMP by name, in `output`, `input` and by container: pings that pass, other addresses, the other direction, other protocols."""

from cases import DROP, PASS, case, container
from table import run_table

NETWORKS = {"front": {}, "back": {"ipv6": False}}
SRV = {"front": ("203.0.113.10", "2001:db8:0:11::10")}


def output(name, *rules, nets=("front",), **more):
    return container(name, nets=list(nets), rules="output:\n" + "".join(f"  - {{{rule}}}\n" for rule in rules), **more)


def inputs(name, *rules, nets=("front",), **more):
    return container(name, nets=list(nets), rules="input:\n" + "".join(f"  - {{{rule}}}\n" for rule in rules), **more)


CONTAINERS = [
    container("srv", nets=["front"], ips=SRV),
    container("free", nets=["front"]),
    container("far", nets=["back"]),
    container("closed", nets=["front"], enabled="true"),
    output("i_addr", "ips: [203.0.113.10, '2001:db8:0:11::10'], proto: icmp"),
    output("i_any", "proto: icmp"),
    output("i_range", "ips: [192.0.2.101-192.0.2.102, '2001:db8:ffff::102/127'], proto: icmp"),
    output("i_host", "host: true, proto: icmp"),
    output("i_gateway", "ips: [203.0.113.1], proto: icmp"),
    output("i_name", "network: front, container: i_named, proto: icmp"),
    container("i_named", nets=["front"], enabled="true"),
    output("i_logged", "log_prefix: ping, ips: [203.0.113.10, '2001:db8:0:11::10'], proto: icmp", "proto: tcp, dst_ports: [80]"),
    output("i_net", "network: back, proto: icmp", nets=["front", "back"]),
    inputs("i_in", "ips: [192.0.2.101, '2001:db8:ffff::101'], proto: icmp"),
    inputs("i_in_any", "proto: icmp", ports=["8450:80"]),
    inputs("i_in_host", "host: true, proto: icmp"),
    inputs("i_in_peer", "network: front, container: free, proto: icmp", "network: front, container: i_any, proto: icmp"),
    inputs("i_in_range", "log_prefix: ping, ips: [192.0.2.0/25], proto: icmp"),
    inputs("i_in_net", "network: back, proto: icmp", nets=["front", "back"]),
    output("s_any", "proto: sctp, dst_ports: [80, 4000-4002]"),
    output("t_any", "proto: tcp, dst_ports: [80]", "proto: udp, dst_ports: [80]"),
    inputs("t_in", "proto: tcp, dst_ports: [80]", "proto: udp, dst_ports: [80]"),
]

OUT = [
    case("icmp, address", "i_addr -> srv/icmp", PASS),
    case("icmp, address", "i_addr -> srv/icmp6", PASS),
    case("icmp, address, other address", "i_addr -> free/icmp", DROP),
    case("icmp, address, other address", "i_addr -> free/icmp6", DROP),
    case("icmp, address, not the host", "i_addr -> host/icmp", DROP),
    case("icmp, address, not the world", "i_addr -> outside/icmp6", DROP),
    case("icmp, address, tcp", "i_addr -> srv:80/tcp", DROP),
    case("icmp, address, udp", "i_addr -> srv:53/udp6", DROP),
    case("icmp, address, sctp", "i_addr -> srv:80/sctp", DROP),
    case("icmp, address, not inbound", "srv -> i_addr/icmp", DROP),
    case("icmp, address, not inbound", "srv -> i_addr/icmp6", DROP),
    case("icmp to anywhere, a neighbour", "i_any -> srv/icmp", PASS),
    case("icmp to anywhere, a neighbour", "i_any -> free/icmp6", PASS),
    case("icmp to anywhere, another network", "i_any -> far/icmp", PASS),
    case("icmp to anywhere, the world", "i_any -> outside/icmp", PASS),
    case("icmp to anywhere, the world", "i_any -> outside/icmp6", PASS),
    case("icmp to anywhere, the host", "i_any -> host/icmp", PASS),
    case("icmp to anywhere, the host", "i_any -> host/icmp6", PASS),
    case("icmp to anywhere, tcp", "i_any -> outside:80/tcp", DROP),
    case("icmp to anywhere, udp to the host", "i_any -> host:53/udp6", DROP),
    case("icmp to one that allows nothing", "i_any -> closed/icmp", DROP),
    case("icmp to one that allows nothing", "i_any -> closed/icmp6", DROP),
    case("icmp, range, first", "i_range -> outside@101/icmp", PASS),
    case("icmp, range, last", "i_range -> outside@102/icmp", PASS),
    case("icmp, range, IPv6", "i_range -> outside@103/icmp6", PASS),
    case("icmp, before the range", "i_range -> outside@100/icmp", DROP),
    case("icmp, behind the range", "i_range -> outside@103/icmp", DROP),
    case("icmp, before the range", "i_range -> outside@101/icmp6", DROP),
    case("icmp, range, tcp", "i_range -> outside@101:80/tcp", DROP),
    case("icmp to the host", "i_host -> host/icmp", PASS),
    case("icmp to the host", "i_host -> host/icmp6", PASS),
    case("icmp to the host's other address", "i_host -> host@192.0.2.5/icmp", PASS),
    case("icmp to the host is not the world", "i_host -> outside/icmp", DROP),
    case("icmp to the host is not a neighbour", "i_host -> srv/icmp6", DROP),
    case("icmp to the host, tcp", "i_host -> host:80/tcp", DROP),
    case("icmp to the gateway", "i_gateway -> host/icmp", PASS),
    case("icmp to the gateway, other address", "i_gateway -> host@192.0.2.1/icmp", DROP),
    case("icmp of one family is not the other's", "i_gateway -> host/icmp6", DROP),
    case("icmp by name, both ends", "i_name -> i_named/icmp", PASS),
    case("icmp by name, both ends", "i_name -> i_named/icmp6", PASS),
    case("icmp by name, tcp", "i_name -> i_named:80/tcp", DROP),
    case("icmp by name, other sender", "free -> i_named/icmp", DROP),
    case("icmp by name, other sender, managed", "i_any -> i_named/icmp6", DROP),
    case("icmp by name, backwards", "i_named -> i_name/icmp", DROP),
    case("icmp by name, backwards", "i_named -> i_name/icmp6", DROP),
    case("icmp, logged", "i_logged -> srv/icmp", PASS),
    case("icmp, logged", "i_logged -> srv/icmp6", PASS),
    case("icmp, logged, other address", "i_logged -> free/icmp", DROP),
    case("icmp, logged, the rule behind", "i_logged -> free:80/tcp", PASS),
    case("icmp, network", "i_net -> far/icmp", PASS),
    case("icmp, not the other network", "i_net -> srv/icmp", DROP),
    case("icmp, not the other network", "i_net -> srv/icmp6", DROP),
    case("tcp, udp and sctp are not icmp", "t_any -> srv/icmp", DROP),
    case("tcp, udp and sctp are not icmp", "s_any -> outside/icmp6", DROP),
]

IN = [
    case("icmp in, by address", "outside@101 -> i_in/icmp", PASS),
    case("icmp in, by address", "outside@101 -> i_in/icmp6", PASS),
    case("icmp in, other address", "outside@102 -> i_in/icmp", DROP),
    case("icmp in, other address", "outside@102 -> i_in/icmp6", DROP),
    case("icmp in, tcp", "outside@101 -> i_in:80/tcp", DROP),
    case("icmp in, sctp", "outside@101 -> i_in:80/sctp6", DROP),
    case("icmp in, not the host", "host -> i_in/icmp", DROP),
    case("icmp in, not the host", "host -> i_in/icmp6", DROP),
    case("icmp in, not a neighbour", "free -> i_in/icmp", DROP),
    case("icmp in, not out", "i_in -> outside@101/icmp", DROP),
    case("icmp in, not out", "i_in -> outside@101/icmp6", DROP),
    case("icmp in, from all, outside", "outside -> i_in_any/icmp", PASS),
    case("icmp in, from all, outside", "outside -> i_in_any/icmp6", PASS),
    case("icmp in, from all, a neighbour", "free -> i_in_any/icmp", PASS),
    case("icmp in, from all, a neighbour", "free -> i_in_any/icmp6", PASS),
    case("icmp in, from all, another network", "far -> i_in_any/icmp", PASS),
    case("icmp in, from all, the host", "host -> i_in_any/icmp", PASS),
    case("icmp in, from all, the host", "host -> i_in_any/icmp6", PASS),
    case("icmp in, from all, both sides", "i_any -> i_in_any/icmp", PASS),
    case("icmp in, from all, only the receiver", "t_any -> i_in_any/icmp6", DROP),
    case("icmp in, from all, tcp", "outside -> i_in_any:80/tcp", DROP),
    case("icmp in, from all, its published port", "outside -> pub:8450/tcp =i_in_any", DROP),
    case("icmp in, the host", "host -> i_in_host/icmp", PASS),
    case("icmp in, the host", "host -> i_in_host/icmp6", PASS),
    case("icmp in, the host, by its other address", "host@192.0.2.5 -> i_in_host/icmp", PASS),
    case("icmp in, the host is not outside", "outside -> i_in_host/icmp", DROP),
    case("icmp in, the host is not a neighbour", "free -> i_in_host/icmp6", DROP),
    case("icmp in, the host, tcp", "host -> i_in_host:80/tcp", DROP),
    case("icmp in, by container", "free -> i_in_peer/icmp", PASS),
    case("icmp in, by container", "free -> i_in_peer/icmp6", PASS),
    case("icmp in, by container, both sides", "i_any -> i_in_peer/icmp6", PASS),
    case("icmp in, by container, other container", "srv -> i_in_peer/icmp", DROP),
    case("icmp in, by container, not the host", "host -> i_in_peer/icmp6", DROP),
    case("icmp in, range", "outside -> i_in_range/icmp", PASS),
    case("icmp in, range, other family", "outside -> i_in_range/icmp6", DROP),
    case("icmp in, range, a neighbour", "free -> i_in_range/icmp", DROP),
    case("icmp in, own endpoint on the network", "far -> i_in_net@back/icmp", PASS),
    case("icmp in, not the other endpoint", "free -> i_in_net@front/icmp", DROP),
    case("tcp and udp in are not icmp", "free -> t_in/icmp", DROP),
    case("tcp and udp in are not icmp", "host -> t_in/icmp6", DROP),
    case("icmp, not managed", "free -> srv/icmp", PASS),
    case("icmp, not managed", "host -> srv/icmp6", PASS),
    case("icmp, not managed", "outside -> free/icmp", PASS),
]


def run(context):
    run_table(context, NETWORKS, CONTAINERS, OUT + IN)
