"""Implementations under test: each brings scenarios about and records their bytes; none judges."""
