"""The files of the project, for the checks: tracked ones, or all of them where there is no git."""

import os
import subprocess
import sys


def files(root):
    """Paths relative to root, sorted."""
    if os.path.exists(os.path.join(root, ".git")):
        command = ["git", "-c", "safe.directory=*", "-C", root, "ls-files", "-z", "-co", "--exclude-standard"]
        out = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout.decode()
        return sorted(p for p in set(out.split("\0")) if p and os.path.isfile(os.path.join(root, p)))
    found = []
    for folder, folders, names in os.walk(root):
        folders[:] = [f for f in folders if f not in ("build", ".git")]
        found += [os.path.relpath(os.path.join(folder, n), root) for n in names]
    return sorted(found)


def text(root, path):
    """The file's text, None if it is not text."""
    with open(os.path.join(root, path), "rb") as f:
        data = f.read()
    if b"\0" in data:
        return None
    return data.decode("utf-8", "replace")


def finish(name, problems):
    """Print what was found and exit."""
    for problem in problems:
        print(problem)
    if problems:
        print(f"check-{name}: {len(problems)} problem(s)")
        sys.exit(1)
    print(f"check-{name}: ok")
