"""Custom image and document models."""
