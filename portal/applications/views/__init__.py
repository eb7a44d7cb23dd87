"""Pages: ``applicant``, ``host`` (listings), ``places`` (applications, review, draw), ``team`` (oversight)."""
