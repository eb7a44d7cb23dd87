"""Home page, guidance and standard pages."""
