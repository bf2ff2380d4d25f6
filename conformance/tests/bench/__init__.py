"""Measurements, kept out of the tests: `python -m conformance.tests.bench [GROUP …]`, or `make bench`."""
