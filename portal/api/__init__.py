"""The data API: router, schema, throttles."""
