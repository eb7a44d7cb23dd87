"""Development and demo: everything on one machine, embedded servers, no real mail.

Secrets are made on first use and kept below ``var/``, so that a restart keeps sessions and
pseudonyms; production refuses to start without its own.
"""

from portal.settings.base import *  # noqa: F403 - settings modules build on each other
from portal.settings.base import DATA_DIR, STORAGES, env
from portal.settings.secrets_file import local_secret

DEBUG = env.bool("DEBUG", default=True)
SECRET_KEY = env.str("SECRET_KEY", default="") or local_secret(DATA_DIR, "secret_key")
PSEUDONYM_KEY = env.str("PSEUDONYM_KEY", default="") or local_secret(DATA_DIR, "pseudonym_key")
UPLOAD_ENCRYPTION_KEY = env.str("UPLOAD_ENCRYPTION_KEY", default="") or local_secret(DATA_DIR, "upload_encryption_key")
SECOND_FACTOR_REQUIRED = env.bool("SECOND_FACTOR_REQUIRED", default=False)
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True  # passkeys on localhost, without TLS
EMAIL_BACKEND = env.str("EMAIL_BACKEND", default="django.core.mail.backends.filebased.EmailBackend")
EMAIL_FILE_PATH = DATA_DIR / "mail"
# Compressing every file takes most of a minute and helps nobody on one machine.
STORAGES = {
    **STORAGES,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
}
