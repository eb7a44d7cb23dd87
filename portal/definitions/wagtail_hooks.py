"""Editing of definitions in the CMS."""
