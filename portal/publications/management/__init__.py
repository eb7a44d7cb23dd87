"""Commands of the publications app."""
