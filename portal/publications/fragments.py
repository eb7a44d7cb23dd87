"""The parts of a release page that can never change, as markup: made at publication, kept, read on each request.

A published version is immutable, and so is what the page shows of it under one perspective in one
language. The shared cache keeps these parts under the version's digest, each process keeps those that it
used last, and whoever misses one draws it again: nothing here can be stale, and nothing depends on it
being there. What may change (later versions, notices, the next release, words of the series) is read
and rendered on every request.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import translation

from portal.core.cache import kept
from portal.publications.models import ReleaseVersion
from portal.publications.reading import about_version, drawn, parts_of

WEEK = 60 * 60 * 24 * 7
KEPT_BY_A_PROCESS = 64
DRAWN_BY = ("portal/publications/**/*.py", "portal/datasets/definition_split.py", "portal/home/templatetags/*.py")
SHOWN_BY = (
    "templates/base.html",
    "templates/includes/*.html",
    "templates/publications/*.html",
    "templates/datasets/_definition_split.html",
    "static/src/*",
    "locale/*/LC_MESSAGES/*.mo",
)
EVERYTHING = ("portal/**/*.py", "search/**/*.py", "templates/**/*.*", "static/src/*", "locale/*/LC_MESSAGES/*.mo")


def looks() -> str:
    """Return a digest of what draws the parts: what was drawn before an upgrade is not shown after it."""
    return _digest_of(*DRAWN_BY, *SHOWN_BY)


def appearance() -> str:
    """Return what decides how any page looks, besides its address and the database."""
    facts = (
        settings.PROCESS,
        settings.GOV_UK_BRAND,
        settings.BASE_URL,
        settings.SERVICE_URL,
        settings.WAGTAIL_SITE_NAME,
    )
    return f"{_digest_of(*EVERYTHING)} {facts}"


@lru_cache(maxsize=2)
def _digest_of(*patterns: str) -> str:
    """Return a digest of code, templates, words and styles."""
    base = Path(settings.BASE_DIR)
    files = sorted(file for pattern in patterns for file in base.glob(pattern))
    names = Path(settings.STATIC_ROOT) / "staticfiles.json"  # the names of styles and scripts, which carry their hashes
    digest = hashlib.sha256(str(settings.DEBUG).encode())
    for file in [*files, *([names] if names.exists() else [])]:
        digest.update(file.read_bytes())
    return digest.hexdigest()


def kept_content(version: ReleaseVersion, *, perspective: str, address: str) -> dict[str, Any]:
    """Return the unchanging content of a published version for the page at ``address``, in the reader's language."""
    return _kept(version.pk, version.digest, perspective, address, translation.get_language() or "")


@lru_cache(maxsize=KEPT_BY_A_PROCESS)
def _kept(version_pk: int, digest: str, perspective: str, address: str, language: str) -> dict[str, Any]:
    name = hashlib.sha256(f"{digest}\n{perspective}\n{address}\n{language}\n{looks()}".encode()).hexdigest()
    return kept(f"release-parts:{name}", WEEK, lambda: _make(version_pk, digest, perspective, address))


def _make(version_pk: int, digest: str, perspective: str, address: str) -> dict[str, Any]:
    version = ReleaseVersion.objects.with_everything().get(pk=version_pk)
    content = {
        **drawn(version_pk, digest, perspective),
        **about_version(version),
        "version": version,
        "address": address,
    }
    return {
        "text": {name: content["text"][name] for name in ("title", "summary")},
        "perspective": content["perspective"],
        "known": frozenset(one["code"] for one in content["perspectives"]),
        "is_synthetic": content["is_synthetic"],
        "synthetic_text": content["synthetic_text"],
        "parts": parts_of(content),
    }


def prepare(version: ReleaseVersion) -> int:
    """Make the parts of a version under every perspective, in every language; return how many pages that serves."""
    made = 0
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            for address in (version.get_absolute_url(), version.permanent_address):
                known = kept_content(version, perspective="", address=address)["known"]
                for perspective in sorted(known):
                    kept_content(version, perspective=perspective, address=address)
                made += 1 + len(known)
    return made
