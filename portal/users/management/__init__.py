"""Management commands of users."""
