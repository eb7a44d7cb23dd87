"""The parts of ``docs/`` that are made from the code, so that they cannot be wrong."""

from __future__ import annotations

import re
from importlib import import_module
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management import get_commands, load_command_class
from django.urls import URLPattern, URLResolver, get_resolver

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

OURS = ("portal.", "search")
NOTE = "<!-- Made by `make docs`; a test fails when it is not current. -->"
VARIABLE = re.compile(r"^#?([A-Z][A-Z0-9_]*)=(.*)$")


def environment_variables(example: str) -> Iterator[tuple[str, str, str, str]]:
    """Yield group, name, default and sentence of each variable in ``.env.example``."""
    group, sentence = "", ""
    for line in example.splitlines():
        match = VARIABLE.match(line)
        if line.startswith("## "):
            group = line[3:]
        elif match:
            yield group, match[1], match[2], sentence
            sentence = ""
        elif line.startswith("# "):
            sentence = f"{sentence} {line[2:]}".strip()
        else:
            sentence = ""


def settings_page() -> str:
    """Return ``docs/settings.md``."""
    lines = [
        "# Settings",
        NOTE,
        (
            "Each comes from the environment or from a file `.env` beside `manage.py`; "
            "`.env.example` has them all. On one machine none is needed."
        ),
    ]
    group = None
    for name_of_group, name, default, sentence in environment_variables(
        (settings.BASE_DIR / ".env.example").read_text()
    ):
        if name_of_group != group:
            group = name_of_group
            lines.append(f"## {group}\n\n| variable | default | meaning |\n|---|---|---|")
            rows = len(lines) - 1
        lines[rows] += f"\n| `{name}` | {f'`{default}`' if default else ''} | {sentence} |"
    return "\n\n".join(lines) + "\n"


def own_commands() -> dict[str, str]:
    """Return our management commands with their help."""
    found = {name: app for name, app in get_commands().items() if str(app).startswith(OURS)}
    return {name: str(load_command_class(str(app), name).help) for name, app in sorted(found.items())}


def make_targets(makefile: str) -> dict[str, str]:
    """Return the targets of the Makefile that are meant for people, with their help."""
    return dict(re.findall(r"^([a-z-]+):.*?## (.+)$", makefile, flags=re.MULTILINE))


def commands_page() -> str:
    """Return ``docs/commands.md``."""
    targets = make_targets((settings.BASE_DIR / "Makefile").read_text())
    return (
        "\n\n".join(
            [
                "# Commands",
                NOTE,
                "## make\n\n| command | what it does |\n|---|---|"
                + "".join(f"\n| `make {name}` | {text} |" for name, text in targets.items()),
                "## manage.py\n\nEach says more with `--help`.\n\n| command | what it does |\n|---|---|"
                + "".join(
                    f"\n| `manage.py {name}` | {_first_sentence(text)} |" for name, text in own_commands().items()
                ),
            ]
        )
        + "\n"
    )


def endpoints() -> list[tuple[str, str]]:
    """Return each address of ours with the first sentence of its view."""
    found = dict(_walk(get_resolver().url_patterns, "/"))
    return sorted(found.items())


def _walk(patterns: list[Any], prefix: str) -> Iterator[tuple[str, str]]:
    for pattern in patterns:
        address = prefix + _plain(str(pattern.pattern))
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, address)
        elif isinstance(pattern, URLPattern):
            view = _view(pattern.callback)
            # A second address of the API's lists ends in a format; it is the same list.
            if (
                str(view.__module__).startswith(OURS)
                and "<format>" not in address
                and "<drf_format_suffix" not in address
            ):
                yield address, _sentence_of(pattern.callback, view)


def _view(callback: Any) -> Any:
    return getattr(callback, "cls", None) or getattr(callback, "view_class", None) or _unwrapped(callback)


def _unwrapped(callback: Callable[..., Any]) -> Callable[..., Any]:
    return _unwrapped(callback.__wrapped__) if hasattr(callback, "__wrapped__") else callback


def _sentence_of(callback: Any, view: Any) -> str:
    actions = getattr(callback, "actions", None) or {}
    method = getattr(view, actions.get("get", ""), None)
    own = method.__doc__ if method is not None and str(method.__module__).startswith(OURS) else None
    return _first_sentence(own or view.__doc__ or "")


def _plain(pattern: str) -> str:
    """Return a readable address: ``^roles/(?P<code>[^/.]+)/$`` becomes ``roles/<code>/``."""
    pattern = re.sub(r"\(\?P(<[a-z_]+>)(?:[^()]|\([^()]*\))*\)", r"\1", pattern)
    pattern = re.sub(r"<[a-z]+:([a-z_]+)>", r"<\1>", pattern)
    return re.sub(r"\\(.)", r"\1", pattern).lstrip("^").rstrip("$").replace("/?", "/")


def _first_sentence(text: str) -> str:
    words = " ".join(text.split())
    return re.split(r"(?<=[.!?])\s", words, maxsplit=1)[0]


def addresses_page() -> str:
    """Return ``docs/addresses.md``."""
    rows = "".join(f"\n| `{path}` | {text} |" for path, text in endpoints())
    return (
        "\n\n".join(
            [
                "# Addresses",
                NOTE,
                (
                    "Pages of the site tree (home, guidance, topics, news) are beside these; the CMS is at `/cms/`. "
                    "Fields and filters of the data API are in `/api/v1/openapi.json`."
                ),
                f"| address | what it answers |\n|---|---|{rows}",
            ]
        )
        + "\n"
    )


def pages() -> dict[Path, str]:
    """Return each page that is made from the code, by file."""
    docs = settings.BASE_DIR / "docs"
    return {
        docs / "settings.md": settings_page(),
        docs / "commands.md": commands_page(),
        docs / "addresses.md": addresses_page(),
    }


def variables_read() -> set[str]:
    """Return the names of the variables that the code reads."""
    names = set()
    files = [*(settings.BASE_DIR / "portal").rglob("*.py"), settings.BASE_DIR / "manage.py"]
    for file in files:
        text = file.read_text()
        names |= set(re.findall(r'\benv(?:\.\w+)?\(\s*"([A-Z][A-Z0-9_]+)"', text))
        names |= set(re.findall(r'\bos\.environ(?:\.get\(|\.setdefault\(|\[)\s*"([A-Z][A-Z0-9_]+)"', text))
    module: Any = import_module("portal.settings.databases")
    roles = ("", "OWNER_", "PUBLIC_")
    names |= {prefix + name for prefix in roles for name in module.ALIASES.values()}
    return names - {"PYTEST_VERSION", "PUBLIC_SUBMISSIONS_DATABASE_URL"}
