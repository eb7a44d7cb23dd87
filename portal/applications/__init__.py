"""Applications, draws and offers. Lives in the submissions database."""
