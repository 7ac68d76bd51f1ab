"""Holds examples in documents against what the program says."""

import json
import pathlib
import re

DOCS = pathlib.Path(__file__).parents[2] / "docs"
ADDRESS = re.compile(r"\[?\b(?:\d+\.){3}\d+\b|\[?\b[0-9a-f]*:[0-9a-f:]*:[0-9a-f]*\b\]?")


ID = re.compile(r"\b[0-9a-f]{12}\b")


def shape(value, opaque=()):
    """What fields there are, at every level; of a list, those of all its elements. What is below an opaque one are no fields."""
    if isinstance(value, list):
        return {path for element in value for path in shape(element, opaque)}
    if not isinstance(value, dict):
        return set()
    paths = set(value)
    for key, inner in value.items():
        if key not in opaque:
            paths |= {f"{key}.{path}" for path in shape(inner, opaque)}
    return paths


def section(document, heading):
    """The text below that heading, up to the next one of its level or above; without a heading the whole document."""
    text = (DOCS / document).read_text(encoding="utf-8")
    if not heading:
        return text
    level = len(heading) - len(heading.lstrip("#"))
    found = re.search(rf"^{re.escape(heading)}\n(.*?)(?=^#{{1,{level}}} |\Z)", text, re.M | re.S)
    return found.group(1)


def check_json(context, document, answers, heading=None, opaque=()):
    """The JSON example has the fields that the answers have together, and each is described in a table there."""
    text = section(document, heading)
    shown = shape(json.loads(re.search(r"```json\n(.*?)```", text, re.S).group(1)), opaque)
    real = shape(answers, opaque)
    words = set(re.findall(r"\w+", "\n".join(line for line in text.splitlines() if line.startswith("|"))))
    for title, wrong in ((f"{document}: fields of the example that are not real", shown - real),
                         (f"{document}: fields that the example lacks", real - shown),
                         (f"{document}: fields without a description", {path.split(".")[-1] for path in real} - words)):
        context.report(title, ", ".join(sorted(wrong)) or None)


def check_text(context, document, heading, output):
    """The block of text there is what the program printed, but for addresses and ids."""
    example = re.search(r"```text\n(.*?)```", section(document, heading), re.S).group(1)
    wanted, got = (ID.sub("ID", ADDRESS.sub("ADDRESS", text)) for text in (example, output))
    context.report(f"{document}: {heading}: the example", None if wanted == got else f"wanted\n{wanted}got\n{got}")
