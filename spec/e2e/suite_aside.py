"""An address that one network sets aside (--aux-address) is set aside there, and nowhere else: on another guarded network no container that was not
judged sends from it, and no neighbour, of whichever network, tells a managed container of its flows in that address's name."""

import itertools

from agent import Agent
from frames import Mark, datagram, ether, fire, message, shot
from lab import Lab
from links import bridge, no_reverse_path, outside, place

HOME, NET, ELSEWHERE = "home", "front", "back"
ASIDE = {4: "203.0.113.30", 6: "2001:db8:0:11::30"}  # of the first network
UNREACHABLE = {4: (3, 3), 6: (1, 4)}
TELLERS = {"neighbour": NET, "loose": ELSEWHERE}

_ports = itertools.count(37000)


def _home(lab):
    config = [{"Subnet": "203.0.113.0/27", "AuxiliaryAddresses": {"router": ASIDE[4]}},
              {"Subnet": "2001:db8:0:11::/64", "AuxiliaryAddresses": {"router6": ASIDE[6]}}]
    lab.network(HOME, IPAM={"Config": config})


def _told(lab, teller, talker, peer, family):
    """Does the managed talker get an error about its flow to a peer, with a letter in it, from the address that is set aside?"""
    src, dst = (talker.v4, peer.v4) if family == 4 else (talker.v6, peer.v6)
    mark, asked = Mark(), datagram(src, dst, next(_ports), 53, b"asked")
    kind, code = UNREACHABLE[family]
    error = message(ASIDE[family], src, kind, code, 0, asked + mark.data)
    by = talker.mac if teller.net == talker.net else bridge(lab, teller.net).mac
    shots = [shot(talker.name, ether(peer.mac, talker.mac, asked), wait=50), shot(teller.name, ether(by, teller.mac, error), mark.key)]
    return talker.name in fire(lab, shots, sniff=[talker.name], settle=0.3).get(mark.key, {})


def _sends(lab, me, to, mac, family):
    """Does what it sends from the address that is set aside come there?"""
    mark = Mark()
    frame = ether(mac, me.mac, datagram(ASIDE[family], to, next(_ports), 5555, mark.data))
    return bool(fire(lab, [shot(me.name, frame, mark.key)], sniff=["outside", "neighbour"], settle=0.3).get(mark.key))


def _check(context, title, came, wanted):
    context.report(title, None if came == wanted else "it does" if came else "it does not")


def _judge_errors(context, lab, when, wanted):
    for family in (4, 6):
        for net, talker, peer in ((NET, "talker", "peer"), (HOME, "talker_home", "peer_home")):
            _, at, to = net, place(lab, talker, net), place(lab, peer, net)
            tellers = TELLERS if net == NET else {"device": HOME}
            for name, where in tellers.items():
                came = _told(lab, place(lab, name, where), at, to, family)
                _check(context, f"{when}: {name} tells {talker} of its flow, IPv{family}", came, wanted or net == HOME)


def _judge_strangers(context, lab, when, wanted):
    for name, net in (("stranger", NET), ("device", HOME)):
        me, gate, neighbour = place(lab, name, net), bridge(lab, net).mac, place(lab, "neighbour", NET)
        for family in (4, 6):
            _check(context, f"{when}: {name} to the outside, IPv{family}", _sends(lab, me, outside(family), gate, family), wanted or net == HOME)
            if net == NET:
                to = neighbour.v4 if family == 4 else neighbour.v6
                _check(context, f"{when}: {name} to its neighbour, IPv{family}", _sends(lab, me, to, neighbour.mac, family), wanted)


def run(context):
    with Lab(probe=context.probe) as lab:
        _home(lab)
        lab.network(NET)
        lab.network(ELSEWHERE)
        for suffix, net in (("", NET), ("_home", HOME)):
            lab.container(f"talker{suffix}", nets=[net], rules=f"output: [{{network: {net}, container: peer{suffix}, proto: udp, dst_ports: [53]}}]")
            lab.container(f"peer{suffix}", nets=[net])
        for name, net in TELLERS.items():
            lab.container(name, nets=[net])
        lab.start_all(["talker", "peer", "talker_home", "peer_home", *TELLERS])
        with_strangers = {"stranger": NET, "device": HOME}
        for name, net in with_strangers.items():
            lab.container(name, nets=[net])
        lab.start("device")
        no_reverse_path(lab)
        _judge_errors(context, lab, "without", True)
        if not context.agent:
            return
        with Agent(lab, context.agent) as agent:
            _judge_errors(context, lab, "with", False)
            lab.stop("device")
            agent.kill()
            for name in with_strangers:
                lab.start(name)
            no_reverse_path(lab)
            _judge_strangers(context, lab, "dead", False)
            agent.run("-clear")
            _judge_strangers(context, lab, "cleared", True)
