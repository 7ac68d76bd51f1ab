"""The text format of Prometheus, version 0.0.4, read strictly."""

import re

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*"'
SAMPLE = re.compile(rf"({NAME})(?:\{{({LABEL}(?:,{LABEL})*)\}})? (\d+(?:\.\d+)?)")
PARTS = {"histogram": ("_bucket", "_sum", "_count"), "counter": ("",), "gauge": ("",)}


class Bad(Exception):
    """What is wrong with a text."""


def read(text):
    """(name of family → type, (sample's name, labels as text) → value). Raises Bad."""
    types, samples, family, helped = {}, {}, None, None
    if not text.endswith("\n"):
        raise Bad("the last line has no end")
    for line in text[:-1].split("\n"):
        if match := re.fullmatch(rf"# HELP ({NAME}) \S.*", line):
            helped = match[1]
        elif match := re.fullmatch(rf"# TYPE ({NAME}) (counter|gauge|histogram)", line):
            family = match[1]
            if helped != family or family in types:
                raise Bad(f"without its help, or twice: {line}")
            types[family] = match[2]
        else:
            match = SAMPLE.fullmatch(line)
            if not match or match[1] not in [family + part for part in PARTS[types.get(family, "gauge")]] or match.group(1, 2) in samples:
                raise Bad(f"no sample of {family}, or twice: {line}")
            samples[match[1], match[2] or ""] = float(match[3])
    _check_histograms(types, samples)
    return types, samples


def _check_histograms(types, samples):
    for family in (name for name, kind in types.items() if kind == "histogram"):
        buckets = [value for (name, _), value in samples.items() if name == family + "_bucket"]
        if buckets != sorted(buckets) or (family + "_bucket", 'le="+Inf"') not in samples:
            raise Bad(f"the buckets of {family} do not add up: {buckets}")
        if buckets[-1] != samples[family + "_count", ""]:
            raise Bad(f"{family} counts {samples[family + '_count', '']} in {buckets}")
