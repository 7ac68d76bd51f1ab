"""On a guarded network nothing leaves or reaches a managed container before its rules are there, however late the program is.

Each start sends from its first instruction on to the outside, the host, the gateway and a neighbour in both families, while
those send to its published port and to its address."""

import engine_folder
from early import FULL, busy, control, delayed_agent, figures, judge, some, world

NET = "front"


def _unguarded(context, lab, starts):
    control(context, lab, starts)
    if not FULL:
        return
    with delayed_agent(context, lab, 0, "-guard", "off"):
        result = starts.go(200, 8, "unmanaged, 8 at a time, no guard", mac=True, managed=False)
        for line in result.delayed():
            figures(line)


def _guarded(context, lab, starts, delay, one, eight):
    with delayed_agent(context, lab, delay):
        late = f"{delay * 1000:.0f} ms late"
        ms = 250 + int(delay * 2500)
        if not engine_folder.chosen():  # whose MACs are random anyway
            judge(context, starts.go(one // 2, 1, f"one by one, {late}", ms=ms))
            judge(context, starts.go(eight // 2, 8, f"8 at a time, {late}", ms=ms))
        judge(context, starts.go(one - one // 2, 1, f"one by one, random MAC, {late}", ms=ms, mac=True))
        judge(context, starts.go(eight - eight // 2, 8, f"8 at a time, random MAC, {late}", ms=ms, mac=True))


def _loaded(context, lab, starts):
    with delayed_agent(context, lab, 0), busy():
        judge(context, starts.go(some(2, 50), 1, "one by one, under load", mac=True))
        judge(context, starts.go(some(8, 100), 8, "8 at a time, under load", mac=True))


def _others(context, lab, starts):
    """What the guard costs those that are not managed."""
    with delayed_agent(context, lab, 0):
        result = starts.go(some(8, 200), 8, "unmanaged, 8 at a time, guarded", mac=True, managed=False)
        for line in result.delayed():
            figures(line)
        never = [target for target, values in result.delays.items() if None in values]
        context.report("unmanaged ones can talk", f"not to {', '.join(never)}" if never else None)


def run(context):
    if not context.agent:
        return
    with world(context, NET) as (lab, starts):
        _unguarded(context, lab, starts)
        _guarded(context, lab, starts, 0, some(6, 200), some(8, 200))
        if FULL:
            _guarded(context, lab, starts, 0.02, 60, 80)
        _guarded(context, lab, starts, 0.2, some(4, 60), some(8, 80))
        _loaded(context, lab, starts)
        _others(context, lab, starts)
