"""Collections, returns, records and uploads. Lives in the submissions database."""
