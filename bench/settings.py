"""Settings of benches that serve pages: as in production, on one machine with embedded servers."""

from portal.settings.dev import *  # noqa: F403 - settings modules build on each other
from portal.settings.stores import STATIC

DEBUG = False
STORAGES["staticfiles"] = STATIC  # noqa: F405 - of the settings above; styles and scripts are hashed and compressed
