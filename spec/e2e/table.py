"""Runs a table of cases: without the program, with it, and after it has stopped (its rules stay).

Where no program is given, all steps are gone through without it: a check of the tables themselves."""

from agent import Agent
from cases import Step, check
from lab import Lab


def make_world(lab, networks, containers):
    for name, options in networks.items():
        lab.network(name, **options)
    running = []
    for spec in containers:
        options = dict(spec)
        if options.pop("start", True):
            running.append(options["name"])
        lab.container(**options)
    # whoever shares another's namespace starts after it
    lab.start_all([name for name in running if not lab.inspect(name)["HostConfig"]["NetworkMode"].startswith("container:")])
    lab.start_all([name for name in running if not lab.inspect(name)["State"]["Running"]])


def _phases(items):
    """[(step or None, [cases])]"""
    phases = [(None, [])]
    for item in items:
        if isinstance(item, Step):
            phases.append((item, []))
        else:
            phases[-1][1].append(item)
    return phases


def _report(context, when, checked):
    for c, fault in checked:
        context.report(f"{when}: {c.title}: {c.way}", fault)


def _clear(context, lab, agent, cases):
    """-clear removes everything: then all is as it was without the program."""
    status, output = agent.run("-clear")
    context.report("-clear ends well", f"status {status}: {output}" if status else None)
    context.report("-clear leaves no table", ", ".join(lab.own_tables()) or None)
    _report(context, "after -clear", check(lab, cases, baseline=True))


def run_table(context, networks, containers, items, expected=(), args=(), after_world=None):
    """expected: regular expressions of error lines that the table provokes. after_world(lab): once all runs."""
    phases = _phases(items)
    with Lab(probe=context.probe) as lab:
        make_world(lab, networks, containers)
        if after_world:
            after_world(lab)
        _report(context, "without", check(lab, phases[0][1], baseline=True))
        if not context.agent:
            for step, cases in phases[1:]:
                step.action(lab)
                _report(context, f"without, {step.title}", check(lab, cases, baseline=True))
            return
        foreign = lab.rules()
        with Agent(lab, context.agent, args=args) as agent:
            for number, (step, cases) in enumerate(phases):
                if step:
                    step.action(lab)
                _report(context, step.title if step else "with", check(lab, cases, settling=number > 0))
            agent.stop()
            _report(context, "after it has stopped", check(lab, phases[-1][1]))
            if len(phases) == 1:
                context.report("the rules of other programs", None if lab.rules() == foreign else f"changed:\n{foreign}\n→\n{lab.rules()}")
            _clear(context, lab, agent, phases[-1][1])
            for fault in agent.faults(expected) or [None]:
                context.report("the agent's log and exit", fault)
            if context.failed:
                print(agent.tail())
                if context.keep:
                    input(f"  lab in {lab.dir}, namespace {lab.netns('host')}; Enter removes it ")
