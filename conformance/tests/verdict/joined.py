"""What joins when observed, scenario by scenario: `python -m conformance.tests.verdict.joined` writes it anew.

Whoever reviews a change reads here which verdicts it gives where nobody planned them.
"""

from __future__ import annotations

import json
from pathlib import Path

from conformance.contract.scenarios import BY_ID
from conformance.files import cassettes_folder
from conformance.model import Role, Transcript
from conformance.verdict.judge import judge
from conformance.wire import cassette

FILE = Path(__file__).with_name("joined.json")
PLAYED = [scenario for scenario in BY_ID.values() if scenario.role is Role.SERVER]


def reference(scenario: str) -> Transcript:
    """The reference cassette of a scenario."""
    text = (cassettes_folder() / f"reference/{scenario}.jsonl").read_text(encoding="utf-8")
    return cassette.read(text.splitlines(), scenario)


def joined() -> str:
    """The text of the file: a scenario a line, with the requirements that joined; one where none did is left out."""
    every = {
        scenario.id: [verdict.requirement for verdict in judge(reference(scenario.id)).verdicts if verdict.joined]
        for scenario in PLAYED
    }
    lines = (f"  {json.dumps(scenario)}: {json.dumps(rules)}" for scenario, rules in sorted(every.items()) if rules)
    return "{\n" + ",\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    FILE.write_text(joined(), encoding="utf-8")
