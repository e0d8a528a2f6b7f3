"""Pages: records and results as tables for people."""
