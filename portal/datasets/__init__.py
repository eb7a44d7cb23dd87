"""Datasets, their immutable versions, files and queries."""
