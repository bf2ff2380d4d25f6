"""Can we be trusted: faults that must be caught, variations that may not be accused, and what became of them."""
