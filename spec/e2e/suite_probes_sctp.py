"""SCTP by name, in `output`, `input` and by container: allowed, other port, other direction, other protocol."""

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
    output("s_addr", "ips: [203.0.113.10, '2001:db8:0:11::10'], proto: sctp, dst_ports: [80]"),
    output("s_any", "proto: sctp, dst_ports: [80, 4000-4002]"),
    output("s_sport", "proto: sctp, src_ports: [4100-4101], dst_ports: [80]"),
    output("s_host", "host: true, proto: sctp, dst_ports: [80]"),
    output("s_name", "network: front, container: s_named, proto: sctp, dst_ports: [5432]"),
    container("s_named", nets=["front"], enabled="true"),
    output("s_logged", "log_prefix: sctp, ips: [203.0.113.10, '2001:db8:0:11::10'], proto: sctp, dst_ports: [80]"),
    output("s_net", "network: back, proto: sctp, dst_ports: [80]", nets=["front", "back"]),
    inputs("s_in", "ips: [192.0.2.101, '2001:db8:ffff::101'], proto: sctp, dst_ports: [80]"),
    inputs("s_in_any", "proto: sctp, dst_ports: [53]"),
    inputs("s_in_host", "host: true, proto: sctp, dst_ports: [9000]"),
    inputs("s_in_peer", "network: front, container: free, proto: sctp, dst_ports: [5432]"),
    inputs("s_in_range", "ips: [192.0.2.101-192.0.2.102], proto: sctp, dst_ports: [4000-4001]"),
    output("t_any", "proto: tcp, dst_ports: [80]", "proto: udp, dst_ports: [80]"),
    inputs("t_in", "proto: tcp, dst_ports: [80]", "proto: udp, dst_ports: [80]"),
]

OUT = [
    case("sctp, address", "s_addr -> srv:80/sctp", PASS),
    case("sctp, address", "s_addr -> srv:80/sctp6", PASS),
    case("sctp, address, other port", "s_addr -> srv:81/sctp", DROP),
    case("sctp, address, other port", "s_addr -> srv:81/sctp6", DROP),
    case("sctp, address, tcp", "s_addr -> srv:80/tcp", DROP),
    case("sctp, address, udp", "s_addr -> srv:80/udp6", DROP),
    case("sctp, address, ping", "s_addr -> srv/icmp", DROP),
    case("sctp, address, other address", "s_addr -> free:80/sctp", DROP),
    case("sctp, address, other address", "s_addr -> free:80/sctp6", DROP),
    case("sctp, address, not inbound", "srv -> s_addr:80/sctp", DROP),
    case("sctp, address, not inbound", "srv -> s_addr:80/sctp6", DROP),
    case("sctp, address, not the host", "s_addr -> host:80/sctp", DROP),
    case("sctp to anywhere, a neighbour", "s_any -> srv:80/sctp", PASS),
    case("sctp to anywhere, another network", "s_any -> far:80/sctp", PASS),
    case("sctp to anywhere, the world", "s_any -> outside:80/sctp", PASS),
    case("sctp to anywhere, the world", "s_any -> outside:80/sctp6", PASS),
    case("sctp to anywhere, the host", "s_any -> host:80/sctp", PASS),
    case("sctp to anywhere, the host", "s_any -> host:80/sctp6", PASS),
    case("sctp, port range", "s_any -> outside:4002/sctp", PASS),
    case("sctp, port range", "s_any -> srv:4000/sctp6", PASS),
    case("sctp, behind the range", "s_any -> outside:4003/sctp", DROP),
    case("sctp, before the range", "s_any -> srv:3999/sctp6", DROP),
    case("sctp to one that allows nothing", "s_any -> closed:80/sctp", DROP),
    case("sctp to one that allows nothing", "s_any -> closed:80/sctp6", DROP),
    case("sctp, source port", "s_sport#4101 -> srv:80/sctp", PASS),
    case("sctp, source port", "s_sport#4100 -> outside:80/sctp6", PASS),
    case("sctp, source port, behind", "s_sport#4102 -> srv:80/sctp", DROP),
    case("sctp, no source port of the list", "s_sport -> srv:80/sctp6", DROP),
    case("sctp to the host", "s_host -> host:80/sctp", PASS),
    case("sctp to the host", "s_host -> host:80/sctp6", PASS),
    case("sctp to the host's other address", "s_host -> host@192.0.2.5:80/sctp", PASS),
    case("sctp to the host, other port", "s_host -> host:81/sctp", DROP),
    case("sctp to the host is not the world", "s_host -> outside:80/sctp", DROP),
    case("sctp to the host is not a neighbour", "s_host -> srv:80/sctp6", DROP),
    case("sctp by name, both ends", "s_name -> s_named:5432/sctp", PASS),
    case("sctp by name, both ends", "s_name -> s_named:5432/sctp6", PASS),
    case("sctp by name, other port", "s_name -> s_named:80/sctp", DROP),
    case("sctp by name, tcp", "s_name -> s_named:5432/tcp", DROP),
    case("sctp by name, other sender", "free -> s_named:5432/sctp", DROP),
    case("sctp by name, backwards", "s_named -> s_name:5432/sctp", DROP),
    case("sctp, logged", "s_logged -> srv:80/sctp", PASS),
    case("sctp, logged", "s_logged -> srv:80/sctp6", PASS),
    case("sctp, logged, other port", "s_logged -> srv:81/sctp", DROP),
    case("sctp, network", "s_net -> far:80/sctp", PASS),
    case("sctp, not the other network", "s_net -> srv:80/sctp", DROP),
    case("tcp and udp are not sctp", "t_any -> srv:80/sctp", DROP),
    case("tcp and udp are not sctp", "t_any -> outside:80/sctp6", DROP),
]

IN = [
    case("sctp in, by address", "outside@101 -> s_in:80/sctp", PASS),
    case("sctp in, by address", "outside@101 -> s_in:80/sctp6", PASS),
    case("sctp in, other address", "outside@102 -> s_in:80/sctp", DROP),
    case("sctp in, other address", "outside@102 -> s_in:80/sctp6", DROP),
    case("sctp in, other port", "outside@101 -> s_in:81/sctp", DROP),
    case("sctp in, tcp", "outside@101 -> s_in:80/tcp", DROP),
    case("sctp in, not the host", "host -> s_in:80/sctp", DROP),
    case("sctp in, not the host", "host -> s_in:80/sctp6", DROP),
    case("sctp in, not out", "s_in -> outside@101:80/sctp", DROP),
    case("sctp in, from all, outside", "outside -> s_in_any:53/sctp", PASS),
    case("sctp in, from all, outside", "outside -> s_in_any:53/sctp6", PASS),
    case("sctp in, from all, a neighbour", "free -> s_in_any:53/sctp", PASS),
    case("sctp in, from all, another network", "far -> s_in_any:53/sctp", PASS),
    case("sctp in, from all, the host", "host -> s_in_any:53/sctp", PASS),
    case("sctp in, from all, the host", "host -> s_in_any:53/sctp6", PASS),
    case("sctp in, from all, other port", "free -> s_in_any:80/sctp6", DROP),
    case("sctp in, from all, udp", "free -> s_in_any:53/udp", DROP),
    case("sctp in, the host", "host -> s_in_host:9000/sctp", PASS),
    case("sctp in, the host", "host -> s_in_host:9000/sctp6", PASS),
    case("sctp in, the host, other port", "host -> s_in_host:80/sctp", DROP),
    case("sctp in, the host is not outside", "outside -> s_in_host:9000/sctp", DROP),
    case("sctp in, the host is not a neighbour", "free -> s_in_host:9000/sctp6", DROP),
    case("sctp in, by container", "free -> s_in_peer:5432/sctp", PASS),
    case("sctp in, by container", "free -> s_in_peer:5432/sctp6", PASS),
    case("sctp in, by container, other container", "srv -> s_in_peer:5432/sctp", DROP),
    case("sctp in, by container, not the host", "host -> s_in_peer:5432/sctp6", DROP),
    case("sctp in, both sides", "s_any -> s_in_any:80/sctp", DROP),
    case("sctp in, range", "outside@102 -> s_in_range:4001/sctp", PASS),
    case("sctp in, behind the range", "outside@102 -> s_in_range:4002/sctp", DROP),
    case("sctp in, behind the addresses", "outside@103 -> s_in_range:4001/sctp", DROP),
    case("tcp and udp in are not sctp", "free -> t_in:80/sctp", DROP),
    case("tcp and udp in are not sctp", "host -> t_in:80/sctp6", DROP),
    case("sctp, not managed", "free -> srv:80/sctp", PASS),
    case("sctp, not managed", "host -> srv:80/sctp6", PASS),
    case("sctp, not managed", "outside -> free:81/sctp", PASS),
]


def run(context):
    run_table(context, NETWORKS, CONTAINERS, OUT + IN)
