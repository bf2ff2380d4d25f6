#!/bin/sh
# Judges the server at $1 and keeps the report in conformance-report/; ends with the exit code of `conformance`.
set -eu
python3 -m venv .conformance
.conformance/bin/pip install --quiet submit-tool-outputs-conformance
exec .conformance/bin/conformance server --base-url "$1" --out conformance-report
