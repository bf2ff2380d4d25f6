"""Who reads it: the report and one writer for each format. Nothing is decided here."""
