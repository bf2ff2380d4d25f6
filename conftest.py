"""Makes a checkout that was never installed know our plugin; an installed one knows it already."""

pytest_plugins = ["conformance.plugin"]
