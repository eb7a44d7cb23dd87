"""Settings of web processes that tests start: as the tests', with the shared cache of the test."""

import os

from portal.settings.test import *  # noqa: F403 - settings modules build on each other

CACHES = {
    "default": {
        "BACKEND": "portal.core.cache.SharedCache",
        "LOCATION": os.environ["SHARED_CACHE"],
        "KEY_PREFIX": os.environ["SHARED_CACHE_PREFIX"],
        "OPTIONS": {"socket_connect_timeout": 60, "socket_timeout": 60},
    }
}
