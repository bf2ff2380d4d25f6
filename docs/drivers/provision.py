"""Brings a run to wait for tool outputs, for `--provision command`: replace what is below with what your server needs.

Asked once a scenario. Prints one JSON object; whatever else it prints is passed over.
"""

import json
import os
import sys
import urllib.request

BASE_URL = os.environ["CONFORMANCE_BASE_URL"]


def post(path: str, body: dict[str, object]) -> dict[str, str]:
    """Send a body to the server and return what it answers."""
    headers = {"Content-Type": "application/json", "OpenAI-Beta": "assistants=v2"}
    if "OPENAI_API_KEY" in os.environ:
        headers["Authorization"] = f"Bearer {os.environ['OPENAI_API_KEY']}"
    request = urllib.request.Request(BASE_URL + path, json.dumps(body).encode(), headers)  # noqa: S310
    with urllib.request.urlopen(request) as answer:  # noqa: S310 - the server that is judged
        created: dict[str, str] = json.load(answer)
        return created


if "CONFORMANCE_DONE" in os.environ:
    # The runs are no longer needed: a JSON list of objects with thread_id and run_id.
    for run in json.loads(os.environ["CONFORMANCE_DONE"]):
        print("no longer needed:", run["thread_id"], file=sys.stderr)
    sys.exit()

names = [f"function_{number}" for number in range(1, int(os.environ["CONFORMANCE_CALLS"]) + 1)]
tools = [{"type": "function", "function": {"name": name}} for name in names]
again = (
    f" When the first outputs have come, call {names[0]} once more." if os.environ["CONFORMANCE_ROUNDS"] == "2" else ""
)
assistant = post(
    "/assistants",
    {"model": "gpt-4o-mini", "tools": tools, "instructions": f"Call each of {', '.join(names)} exactly once.{again}"},
)
thread = post("/threads", {"messages": [{"role": "user", "content": "Call your functions."}]})
run = post(
    f"/threads/{thread['id']}/runs",
    {
        "assistant_id": assistant["id"],
        "tool_choice": "required",
        "metadata": {"conformance_scenario": os.environ["CONFORMANCE_SCENARIO"]},
    },
)

# "calls" may be left out: the suite then polls the run until it waits, and reads the ids of its calls.
print(json.dumps({"thread_id": thread["id"], "run_id": run["id"]}))
