"""Checking files that someone holds: a page that hashes them in the browser, a command, a look-up by SHA-256."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from portal.datasets import signing, verify
from portal.datasets.links import absolute
from portal.datasets.models import DatasetFile
from portal.datasets.views.files import with_cors

if TYPE_CHECKING:
    from django.http import HttpRequest

HASH = re.compile(r"^[0-9a-f]{64}$")


@require_safe
def verify_page(request: HttpRequest) -> HttpResponse:
    """Let a reader check files without sending them anywhere, or look up a SHA-256."""
    asked = re.sub(r"\s", "", request.GET.get("sha256", ""))[:100].lower()
    is_hash = bool(HASH.match(asked))
    context = {
        "asked": asked,
        "is_hash": is_hash,
        "found": DatasetFile.objects.known(asked) if is_hash else [],
        "fingerprint": hashlib.sha256(verify.KEY_HEAD + verify.key_of(signing.public_key())).hexdigest(),
        "script": absolute("/datasets/verify.py"),
        "key": absolute("/datasets/signing-key.pem"),
        "breadcrumbs": [("Home", "/"), ("Datasets", "/datasets/")],
    }
    return render(request, "datasets/verify.html", context)


@require_safe
def verify_script(_request: HttpRequest) -> HttpResponse:
    """Serve the command as one file: it needs Python and nothing else."""
    text = Path(verify.__file__).read_bytes()
    response = HttpResponse(text, content_type="text/x-python; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="verify.py"'
    return with_cors(response)
