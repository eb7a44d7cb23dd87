"""WSGI entry point: kept pages first, Django for everything else."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings.production")
django_application = get_wsgi_application()

from portal.publications.wsgi_cache import PageCache  # noqa: E402 - needs the settings and the apps

application = PageCache(django_application)
