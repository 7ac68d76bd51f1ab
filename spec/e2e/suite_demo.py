"""The demonstration does what it says."""

import demo


def run(context):
    if context.agent:
        wrong = demo.show(context.agent, context.probe)
        context.report("the demonstration", f"{wrong} connections did not do what they should" if wrong else None)
