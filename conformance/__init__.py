"""Contract and conformance suite for submitting tool outputs to a run of the Assistants API v2."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("submit-tool-outputs-conformance")
except PackageNotFoundError:  # a checkout that was never installed
    __version__ = "0+checkout"
