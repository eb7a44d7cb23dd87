"""Reading tables that people really send: CSV, TSV, XLSX and ODS, told apart by content.

Pure: no Django, no database. A file is either read, every character as it is, or refused with a
message that names what and where. How it was read (encoding, delimiter, sheet, heading row) is
shown to the person and can be changed.
"""

from portal.submissions.reading.errors import Refused
from portal.submissions.reading.tables import Choices, Row, TableReader, cell_reference, fold, open_table

__all__ = ["Choices", "Refused", "Row", "TableReader", "cell_reference", "fold", "open_table"]
