"""Commands of opportunities."""
