"""`python -m conformance`: the command."""

from conformance.cli import main

raise SystemExit(main())
