"""Snapshots, specifications and runs: the one caller of methods on real data."""
