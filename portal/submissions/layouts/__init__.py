"""Layouts of files that other services publish, read as they are."""
