"""Commands of the collection service."""
