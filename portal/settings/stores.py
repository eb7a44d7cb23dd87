"""Files: folders of this machine, or buckets of an S3-compatible store when the environment names them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

STATIC = {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}


def build(env: Any, *, media_root: Path, content_root: Path, process: str) -> dict[str, dict[str, Any]]:
    """Return Django's ``STORAGES``: media, and the content-addressed ``public`` and ``private`` files.

    The public process has no store of private files at all, so it needs no key to their bucket.
    """
    folders = {"default": media_root, "public": content_root / "public", "private": content_root / "private"}
    public_bucket = env.str("S3_PUBLIC_BUCKET", default="")
    private_bucket = env.str("S3_PRIVATE_BUCKET", default="")
    buckets = {
        "default": (public_bucket, "media"),
        "public": (public_bucket, "content"),
        "private": (private_bucket, "content"),
    }
    aliases = [alias for alias in folders if not (process == "public" and alias == "private")]
    stores = {
        alias: _bucket(env, *buckets[alias]) if buckets[alias][0] else _folder(folders[alias]) for alias in aliases
    }
    return {**stores, "staticfiles": STATIC}


def _folder(location: Path) -> dict[str, Any]:
    return {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": location}}


def _bucket(env: Any, name: str, prefix: str) -> dict[str, Any]:
    return {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": name,
            "location": prefix,
            "endpoint_url": env.str("S3_ENDPOINT_URL", default="") or None,
            "region_name": env.str("S3_REGION", default="") or None,
            "access_key": env.str("S3_ACCESS_KEY", default="") or None,
            "secret_key": env.str("S3_SECRET_KEY", default="") or None,
            # Names are hashes of the content: an existing name already has these very bytes.
            "file_overwrite": prefix == "content",
            "default_acl": None,
        },
    }
