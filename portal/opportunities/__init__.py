"""Listings of pre-employment opportunities."""
