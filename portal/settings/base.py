"""Settings shared by every process. What differs by machine comes from the environment.

Every variable is listed, with a sentence and a safe default, in ``.env.example``.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import environ
from django.utils.translation import gettext_lazy as _

from portal import embedded
from portal.settings import databases, identity, public_tables, stores
from portal.settings.logs import logging_settings
from portal.settings.queues import QUEUES, ROUTES
from portal.settings.schedules import beat_schedule

BASE_DIR = Path(__file__).resolve().parent.parent.parent
env = environ.Env()
if (BASE_DIR / ".env").exists():
    env.read_env(str(BASE_DIR / ".env"))

TESTING = "pytest" in Path(sys.argv[0]).name or "PYTEST_VERSION" in os.environ
DATA_DIR = embedded.data_directory(BASE_DIR / "var" / ("test" if TESTING else "demo"))

# --- The process -------------------------------------------------------------------------------
# Which part this process plays: "public" (readers), "service" (sign-in, collection, CMS, workers)
# or "owner" (migrations). manage.py picks "owner" for commands that change tables.
PROCESS = env.str("PORTAL_PROCESS", default="service")
DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
BASE_URL = env.str("BASE_URL", default="http://localhost:8000")
SERVICE_URL = env.str("SERVICE_URL", default="").rstrip("/") or ("" if PROCESS == "public" else BASE_URL)
WAGTAILADMIN_BASE_URL = SERVICE_URL or BASE_URL

# --- Applications ------------------------------------------------------------------------------
PORTAL_APPS = [
    "portal.home",
    "search",
    "portal.api",
    "portal.pipelines",
    "portal.publications",
    "portal.datasets",
    "portal.applications",
    "portal.submissions",
    "portal.opportunities",
    "portal.organisations",
    "portal.definitions",
    "portal.media",
    "portal.users",
    "portal.core",
]
INSTALLED_APPS = [
    *PORTAL_APPS,
    "wagtail.contrib.forms",
    "wagtail.contrib.redirects",
    "wagtail.contrib.settings",
    "wagtail.contrib.routable_page",
    "wagtail.contrib.search_promotions",
    "wagtail.contrib.table_block",
    "wagtail.contrib.frontend_cache",
    "wagtail.embeds",
    "wagtail.sites",
    "wagtail.users",
    "wagtail.snippets",
    "wagtail.documents",
    "wagtail.images",
    "wagtail.search",
    "wagtail.admin",
    "wagtail.api.v2",
    "wagtail",
    "wagtail_modeladmin",
    "modelcluster",
    "taggit",
    "treebeard",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "rest_framework",
    "rest_framework.authtoken",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_celery_beat",
    "django_structlog",
    "storages",
    "django.contrib.postgres",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.sitemaps",
    "django.contrib.humanize",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "portal.core.request_log.RequestLogMiddleware",
    "portal.core.surrogate_keys.SurrogateKeyMiddleware",
    "portal.api.middleware.DataMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "portal.core.language.ChosenLanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    *(
        ["portal.users.middleware.EditingSessionMiddleware", "allauth.usersessions.middleware.UserSessionsMiddleware"]
        if PROCESS != "public"
        else []
    ),
    "wagtail.contrib.redirects.middleware.RedirectMiddleware",
]
ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
ASGI_APPLICATION = "portal.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "portal.core.context_processors.site",
            ],
        },
    },
]

# --- Databases, broker, cache ------------------------------------------------------------------
DATABASES = databases.build(env, data_dir=DATA_DIR, process=PROCESS, for_tests=TESTING)
DATABASE_LOGINS = databases.logins(env, DATABASES)
PUBLIC_TABLES = public_tables.PUBLIC_TABLES
PRIVATE_TABLES = public_tables.PRIVATE_TABLES
APPEND_ONLY_TABLES = public_tables.APPEND_ONLY_TABLES
DATABASE_ROUTERS = ["portal.core.routers.TwoTrustsRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL", default="") or embedded.ensure_valkey(DATA_DIR)
# Database 0 is the broker, 1 the cache: a cache flush must not lose jobs.
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default=f"{REDIS_URL}/0")
CACHES = {
    "default": {
        "BACKEND": "portal.core.cache.SharedCache",
        "LOCATION": f"{REDIS_URL}/1",
        "KEY_PREFIX": "portal",
    },
}
# A cache of the operator in front of the portal: for how long it may answer, and where it is told to drop pages.
FRONTEND_CACHE_SECONDS = env.int("FRONTEND_CACHE_SECONDS", default=0)
FRONTEND_CACHE_LOCATION = env.str("FRONTEND_CACHE_LOCATION", default="")
WAGTAILFRONTENDCACHE = (
    {
        "front": {
            "BACKEND": "wagtail.contrib.frontend_cache.backends.HTTPBackend",
            "LOCATION": FRONTEND_CACHE_LOCATION,
        }
    }
    if FRONTEND_CACHE_LOCATION
    else {}
)
CELERY_TASK_QUEUES = QUEUES
CELERY_TASK_ROUTES = ROUTES
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TRACK_STARTED = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# Lets several installations (and parallel test runs) share one broker without sharing jobs.
CELERY_KEY_PREFIX = env.str("CELERY_KEY_PREFIX", default="")
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 3600, "global_keyprefix": CELERY_KEY_PREFIX}
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
# When runs start by themselves; the fixed chores are in portal/settings/schedules.py.
CELERY_BEAT_SCHEDULE = beat_schedule(env.list("RUN_SCHEDULES", default=["oh-headcount=0 3 1 * *"]))
CELERY_TIMEZONE = "Europe/London"

# --- People ------------------------------------------------------------------------------------
AUTH_USER_MODEL = "users.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/collect/"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_ADAPTER = "portal.users.adapters.AccountAdapter"
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
# Seconds that the code and the link of one e-mail work.
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 900
ACCOUNT_EMAIL_NOTIFICATIONS = True  # a changed password, address or second factor is told by e-mail
# The OH team signs in with a second factor; the demo may switch it off.
SECOND_FACTOR_REQUIRED = env.bool("SECOND_FACTOR_REQUIRED", default=True)
MFA_TOTP_ISSUER = "Occupational health workforce data"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
# Sign-in with an account of somewhere else by OpenID Connect, where one is named.
SOCIALACCOUNT_PROVIDERS = identity.providers(env)
SOCIALACCOUNT_EMAIL_AUTHENTICATION = True  # an address that the other side verified is the same person here
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
SOCIALACCOUNT_LOGIN_ON_GET = False
# Guesses: ten a minute from one address, five in a quarter of an hour for one account.
ACCOUNT_RATE_LIMITS = {"login_failed": "10/m/ip,5/15m/key"}
WAGTAILADMIN_LOGIN_URL = "account_login"
WAGTAIL_PASSWORD_MANAGEMENT_ENABLED = False  # allauth's pages do this, for the CMS too
# Editing ends after this pause; any session after eight hours (SESSION_COOKIE_AGE).
EDITING_SESSION_SECONDS = env.int("EDITING_SESSION_SECONDS", default=1800)

# --- Words, time, place ------------------------------------------------------------------------
LANGUAGE_CODE = "en-gb"
LANGUAGES = [("en-gb", _("English")), ("cy", _("Welsh"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Europe/London"

# --- Files -------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(BASE_DIR / "var" / "static")))
STATICFILES_DIRS = [BASE_DIR / "static" / "build", BASE_DIR / "static" / "src"]
MEDIA_URL = "/media/"
MEDIA_ROOT = Path(env.str("MEDIA_ROOT", default=str(DATA_DIR / "media")))
# Content-addressed files: ``public`` holds what is published, ``private`` snapshots and uploads.
CONTENT_STORE_ROOT = Path(env.str("CONTENT_STORE_ROOT", default=str(DATA_DIR / "content")))
STORAGES = stores.build(env, media_root=MEDIA_ROOT, content_root=CONTENT_STORE_ROOT, process=PROCESS)
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000

# --- Security ----------------------------------------------------------------------------------
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "SAMEORIGIN"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 60 * 60 * 8
if PROCESS == "public":
    # Readers have no sessions in the database: this process may not even read that table.
    SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
    SESSION_COOKIE_NAME = "portal_public"
CONTENT_SECURITY_POLICY = {
    "EXCLUDE_URL_PREFIXES": ["/cms/", "/api/v1/docs"],
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "style-src": ["'self'"],
        "script-src": ["'self'"],
        "object-src": ["'none'"],
        "base-uri": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'self'"],
    },
}
# Keyed hashes make pseudonyms. The key lives outside the database and is rotated by runbook.
PSEUDONYM_KEY = env.str("PSEUDONYM_KEY", default="")
# Postcodes with small areas, written by load_postcode_directory; empty: the packaged directory.
POSTCODE_DIRECTORY = env.str("POSTCODE_DIRECTORY", default="")
UPLOAD_ENCRYPTION_KEY = env.str("UPLOAD_ENCRYPTION_KEY", default="")
CLAMD_SOCKET = env.str("CLAMD_SOCKET", default="")
SIGNING_KEY_FILE = env.str("SIGNING_KEY_FILE", default=str(DATA_DIR / "signing.key"))

# Days after the close of a collection for which its personal data are kept, unless it says otherwise.
RETENTION_DAYS = env.int("RETENTION_DAYS", default=730)

# --- Mail --------------------------------------------------------------------------------------
EMAIL_BACKEND = env.str("EMAIL_BACKEND", default="django.core.mail.backends.console.EmailBackend")
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="OH workforce data <noreply@localhost>")
# GOV.UK Notify, with EMAIL_BACKEND=portal.core.notify.NotifyBackend.
NOTIFY_API_KEY = env.str("NOTIFY_API_KEY", default="")
NOTIFY_TEMPLATE_ID = env.str("NOTIFY_TEMPLATE_ID", default="")
NOTIFY_URL = env.str("NOTIFY_URL", default="https://api.notifications.service.gov.uk")

# --- Wagtail -----------------------------------------------------------------------------------
WAGTAIL_SITE_NAME = "Occupational health workforce data"
WAGTAILSEARCH_BACKENDS = {
    "default": {"BACKEND": "modelsearch.backends.database", "SEARCH_CONFIG": "english"},
}
WAGTAILIMAGES_IMAGE_MODEL = "media.PortalImage"
WAGTAILDOCS_DOCUMENT_MODEL = "media.PortalDocument"
WAGTAILDOCS_SERVE_METHOD = "serve_view"  # also from an object store: whether it is public is decided here
WAGTAIL_I18N_ENABLED = False
WAGTAIL_ENABLE_UPDATE_CHECK = False
WAGTAIL_GRAVATAR_PROVIDER_URL = None
WAGTAILAPI_LIMIT_MAX = 100
# Machines may not serve the crown and Transport outside gov.uk; off unless the operator may.
GOV_UK_BRAND = env.bool("GOV_UK_BRAND", default=False)

# --- API ---------------------------------------------------------------------------------------
# Requests a minute: from one address without a key, and with a key. 0 means no limit.
API_ANONYMOUS_PER_MINUTE = env.int("API_ANONYMOUS_PER_MINUTE", default=1200)
API_KEY_PER_MINUTE = env.int("API_KEY_PER_MINUTE", default=12_000)
# What one query of the data API may use, and how many a process answers at once.
API_QUERY_SECONDS = env.float("API_QUERY_SECONDS", default=30)
API_QUERY_MEGABYTES = env.int("API_QUERY_MEGABYTES", default=512)
API_QUERIES_AT_ONCE = env.int("API_QUERIES_AT_ONCE", default=4)
# Large files: how many a process sends at once, to all and to one address, and how long a reader may take nothing.
STREAMS_AT_ONCE = env.int("STREAMS_AT_ONCE", default=12)
STREAMS_PER_READER = env.int("STREAMS_PER_READER", default=6)
SEND_SECONDS = env.float("SEND_SECONDS", default=30)
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.AllowAny"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PAGINATION_CLASS": "portal.core.pagination.PagePagination",
    "DEFAULT_THROTTLE_CLASSES": ["portal.api.throttles.AllowanceThrottle"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "portal.core.problems.problem_handler",
    "PAGE_SIZE": 100,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Occupational health workforce data API",
    "DESCRIPTION": "Published, versioned statistics of the occupational health workforce in England.",
    "VERSION": "1.0.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "PREPROCESSING_HOOKS": ["portal.api.schema.plain_addresses"],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "portal.api.schema.describe_refusals",
    ],
}

# --- Logs, statistics -------------------------------------------------------------------
LOGGING = logging_settings(env.str("LOG_FORMAT", default="console"), env.str("LOG_LEVEL", default="INFO"))
DJANGO_STRUCTLOG_CELERY_ENABLED = True
STATISTICS_ENGINE = env.str("STATISTICS_ENGINE", default="duckdb")
STATISTICS_THREADS = env.int("STATISTICS_THREADS", default=2)
STATISTICS_MEMORY = env.str("STATISTICS_MEMORY", default="2GB")
# A run by code that differs from its commit may not draft a release: nobody could rebuild it.
REQUIRE_CLEAN_CODE = env.bool("REQUIRE_CLEAN_CODE", default=False)
# Accepted returns start a run once nothing came for so many seconds, or some waited for so many.
RUN_ON_ACCEPTED_RETURN = env.bool("RUN_ON_ACCEPTED_RETURN", default=True)
RUN_DEBOUNCE_SECONDS = env.int("RUN_DEBOUNCE_SECONDS", default=900)
RUN_DEBOUNCE_LONGEST_SECONDS = env.int("RUN_DEBOUNCE_LONGEST_SECONDS", default=21_600)
# Who is told of missed schedules and failed runs; nobody named means everybody who may start runs.
RUN_ALERT_EMAILS = env.list("RUN_ALERT_EMAILS", default=[])
# Seconds after which a run that does not end is stopped.
RUN_TIME_LIMIT = env.int("RUN_TIME_LIMIT", default=3600)
