"""Production: real servers by environment; refuses to start with something missing."""

import os

import environ
from django.core.exceptions import ImproperlyConfigured

#: What each kind of process needs. The public process gets no key to pseudonyms and uploads.
REQUIRED = {
    "public": ("SECRET_KEY", "PUBLIC_DATABASE_URL", "REDIS_URL", "BASE_URL", "ALLOWED_HOSTS"),
    "service": (
        "SECRET_KEY", "DATABASE_URL", "SUBMISSIONS_DATABASE_URL", "REDIS_URL", "PSEUDONYM_KEY",
        "UPLOAD_ENCRYPTION_KEY", "BASE_URL", "ALLOWED_HOSTS",
    ),
    "owner": ("SECRET_KEY", "OWNER_DATABASE_URL", "OWNER_SUBMISSIONS_DATABASE_URL", "REDIS_URL"),
}  # fmt: skip
process = os.environ.get("PORTAL_PROCESS", "service")
missing = [name for name in REQUIRED[process] if not os.environ.get(name)]
if missing:
    message = f"Set {', '.join(missing)} for the {process} process; .env.example says what each is."
    raise ImproperlyConfigured(message)

from portal.settings.base import *  # noqa: E402, F403 - the environment is checked first

env = environ.Env()
REQUIRE_CLEAN_CODE = env.bool("REQUIRE_CLEAN_CODE", default=True)
SESSION_COOKIE_SECURE = env.bool("HTTPS_ONLY", default=True)
CSRF_COOKIE_SECURE = env.bool("HTTPS_ONLY", default=True)
SECURE_SSL_REDIRECT = env.bool("HTTPS_ONLY", default=True)
# Load balancers ask these without TLS.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 31_536_000
