"""Can we be trusted: legal exchanges made from scripts, and the faults and variations that are made of them."""
