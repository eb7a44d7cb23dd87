"""People who sign in, their groups and permissions."""
