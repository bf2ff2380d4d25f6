"""Contract and conformance suite for submitting tool outputs to a run of the Assistants API v2."""

#: Year, month and number of the release; the month also names the requirement set it judges by.
__version__ = "2026.11.0"
