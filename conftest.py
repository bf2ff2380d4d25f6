"""Makes a checkout that was never installed know our plugin, and its tests the tool for testing plugins."""

pytest_plugins = ["conformance.plugin", "pytester"]
