"""Production: real servers by environment; refuses to start with a secret missing."""

import os

from django.core.exceptions import ImproperlyConfigured

REQUIRED = ("SECRET_KEY", "DATABASE_URL", "REDIS_URL", "PSEUDONYM_KEY", "UPLOAD_ENCRYPTION_KEY", "BASE_URL")
missing = [name for name in REQUIRED if not os.environ.get(name)]
if missing:
    message = f"Set {', '.join(missing)}; .env.example says what each is."
    raise ImproperlyConfigured(message)

from portal.settings.base import *  # noqa: E402, F403 - the environment is checked first

SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 31_536_000
REQUIRE_CLEAN_CODE = os.environ.get("REQUIRE_CLEAN_CODE", "true").lower() not in {"0", "false", "no", "off"}
