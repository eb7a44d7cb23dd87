"""Roles, perspectives and crosswalks, as published versions."""
