"""One file a command: `add_arguments(parser)` says which words it takes, `run(arguments)` returns the exit code."""
