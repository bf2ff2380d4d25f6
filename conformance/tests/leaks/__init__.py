"""Nothing that is secret leaves the program: planted everywhere, spelled in every way, found in no output."""
