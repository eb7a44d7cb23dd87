"""Tests: embedded servers of their own, fast hashing, no manifest of static files."""

import os

os.environ.setdefault("PORTAL_PROCESS", "owner")

from portal.settings.base import *  # noqa: F403 - the process must be chosen first
from portal.settings.base import CELERY_BROKER_TRANSPORT_OPTIONS, DATABASES, MIDDLEWARE, STATICFILES_DIRS, STORAGES

SECRET_KEY = "only-for-tests"  # noqa: S105 - guards nothing
PSEUDONYM_KEY = "only-for-tests-pseudonyms"
UPLOAD_ENCRYPTION_KEY = "only-for-tests-uploads"
DEBUG = False
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
# Static files come straight from their folders, built or not: no test waits for `make styles`.
MIDDLEWARE = [name for name in MIDDLEWARE if "whitenoise" not in name]
STATICFILES_DIRS = [folder for folder in STATICFILES_DIRS if folder.is_dir()]
SECOND_FACTOR_REQUIRED = False
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True  # browsers of the tests speak plain HTTP to this machine
WAGTAIL_AUTOSAVE_INTERVAL = 0  # a draft is saved when a test says so, not now and then by the clock as well
ALLOWED_HOSTS = ["*"]
# Jobs of this run go to queues of its own; the worker fixture hands the prefix to its worker.
CELERY_KEY_PREFIX = os.environ.get("CELERY_KEY_PREFIX") or f"test-{os.getpid()}:"
CELERY_BROKER_TRANSPORT_OPTIONS = {**CELERY_BROKER_TRANSPORT_OPTIONS, "global_keyprefix": CELERY_KEY_PREFIX}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
for database in DATABASES.values():
    database["CONN_MAX_AGE"] = 0
