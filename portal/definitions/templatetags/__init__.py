"""Template tags of definitions."""
