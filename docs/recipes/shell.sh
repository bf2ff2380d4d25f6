#!/bin/sh
# Tests the server at $1, after waiting for it up to a minute, and writes the report to conformance-report/.
# Exits with the exit code of `conformance`. In a checkout of the suite: SUITE=. sh docs/recipes/shell.sh URL
set -eu
: "${SUITE:=git+https://github.com/OWNER/submit-tool-outputs-conformance@SHA}" # replace: where the suite is, and the commit that you trust
python3 -m venv .conformance
.conformance/bin/pip install --quiet "$SUITE"
exec .conformance/bin/conformance server --base-url "$1" --wait 60 --out conformance-report
