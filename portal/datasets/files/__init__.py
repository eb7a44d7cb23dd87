"""Every file of a version, written from one canonical observation table; same inputs, same bytes."""

from portal.datasets.files.build import BuiltFile, build_files
from portal.datasets.files.canonical import CanonicalTable, write_canonical

__all__ = ["BuiltFile", "CanonicalTable", "build_files", "write_canonical"]
