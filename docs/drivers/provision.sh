#!/bin/sh
# Brings a run to wait for tool outputs, for `--provision command`, where the server has a route of its own for tests.
# The route answers {"thread_id": "…", "run_id": "…", "calls": ["call_1"], "headers": {"X-Tenant": "…"}}.
set -eu
server=${CONFORMANCE_BASE_URL%/v1}

if [ -n "${CONFORMANCE_DONE:-}" ]; then
  exec curl --silent --show-error --fail --data "$CONFORMANCE_DONE" "$server/testing/runs-no-longer-needed"
fi
exec curl --silent --show-error --fail --request POST \
  "$server/testing/waiting-run?calls=$CONFORMANCE_CALLS&rounds=$CONFORMANCE_ROUNDS"
