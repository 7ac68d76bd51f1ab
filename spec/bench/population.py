"""The containers that the bench's engine pretends to have: 50 on a network, dual stack, each with a published port."""

PER_NETWORK = 50
EXTERNAL = "mapped_ports:\n  external:\n    allow: true\n"
PEERS = ("address", "cidr")  # what may reach the port in the two populations that are compared
OUTSIDE = "192.0.2.100"
PORT = 4000
PUBLISHED = 80  # every container's port, at a port of the host of its own


def host_port(number):
    return 10000 + number


def typical_rules(number, network, first):
    """
    Reachable at its port; may ask two DNS servers, and the network's first container at one port. One in ten may also
    reach a /24, which takes a chain.
    """
    text = EXTERNAL + "output:\n- ips: [192.0.2.53, 192.0.2.54]\n  proto: udp\n  dst_ports: [53]\n"
    if first:
        text += f"- network: {network}\n  container: {first}\n  proto: tcp\n  dst_ports: [5432]\n"
    if number % 10 == 9:
        text += "- ips: [203.0.113.0/24]\n  proto: tcp\n  dst_ports: [443]\n"
    return text


def listed_rules(number, network, first, peer):
    """The same with exact addresses only; but who may reach its port is one address, or one CIDR, of sixteen."""
    block = number % 16 * 16
    ips = {"address": f"203.0.113.{block}", "cidr": f"203.0.113.{block}/28"}[peer]
    return typical_rules(0, network, first).replace(EXTERNAL, f"{EXTERNAL}    ips: [{ips}]\n")


def counted_rules(count):
    """So many output rules, each an address and a port; the one in the middle opens OUTSIDE:PORT, over TCP and UDP."""
    text = EXTERNAL + "output:\n"
    for i in range(count):
        middle = i == count // 2
        addr, port = (OUTSIDE, PORT) if middle else (f"203.0.113.{i % 250}", 1000 + i)
        for proto in ("udp", "tcp") if middle else ("tcp",):
            text += f"- ips: [{addr}]\n  proto: {proto}\n  dst_ports: [{port}]\n"
    return text


def labels(rules):
    return {"whalewall.enabled": "true", "whalewall.rules": rules} if rules is not None else {}
