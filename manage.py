#!/usr/bin/env python
"""Django's command line for the portal."""

import os
import sys

from django.core.management import execute_from_command_line

# Commands that change tables or grants speak to the databases as the owner of the tables; the
# processes that serve people cannot change a table or drop a trigger.
OWNER_COMMANDS = {"migrate", "makemigrations", "sqlmigrate", "showmigrations", "grant_database_roles"}

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings.dev")
    if len(sys.argv) > 1 and sys.argv[1] in OWNER_COMMANDS:
        os.environ.setdefault("PORTAL_PROCESS", "owner")
    execute_from_command_line(sys.argv)
