"""Run the benches by name: `python -m bench [name …]`; without a name, say which there are.

A bench is a module of this folder with a `main` function and a first line that says what it measures. Words that
begin with a dash or are numbers are left to the bench itself.
"""

from __future__ import annotations

import ast
import sys
from importlib import import_module
from pathlib import Path

FOLDER = Path(__file__).resolve().parent


def benches() -> dict[str, str]:
    """Return the benches and what each measures, read from their files without running them."""
    found = {}
    for file in sorted(FOLDER.glob("*.py")):
        tree = ast.parse(file.read_text())
        names = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
        if "main" in names and not file.stem.startswith("_"):
            found[file.stem] = (ast.get_docstring(tree) or "").splitlines()[0]
    return found


def main() -> int:
    known = benches()
    wanted = [word for word in sys.argv[1:] if word in known]
    unknown = [word for word in sys.argv[1:] if word not in known and not word.startswith("-") and not word.isdigit()]
    if unknown or not wanted:
        for name in unknown:
            print(f"There is no bench {name}.")
        for name, measures in known.items():
            print(f"{name:24s} {measures}")
        return 1 if unknown else 0
    sys.argv = [sys.argv[0], *(word for word in sys.argv[1:] if word not in known)]
    for name in wanted:
        print(f"== {name}")
        import_module(f"bench.{name}").main()
    return 0


if __name__ == "__main__":
    sys.exit(main())
