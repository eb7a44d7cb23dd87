"""Statistical methods as pure functions and SQL. No Django, no Wagtail, no Celery."""
