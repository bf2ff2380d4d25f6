"""What a client is given: where the API is, which run waits, and how the outputs are to be submitted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from conformance.model import Scenario
from conformance.reference.waiting_run import WaitingRun

#: The mock lets everybody in; whether a key was sent is seen in what was sent.
API_KEY = "key-of-the-conformance-mock"

#: The newest version of Azure's API that has this operation.
_API_VERSION = "2025-03-01-preview"


@dataclass(frozen=True, slots=True)
class Assignment:
    """One scenario as the client sees it."""

    scenario: str
    #: Where clients find the API; ends in /v1.
    base_url: str
    #: The same server for clients of Azure, which add the rest of the path themselves; served where `azure` is said.
    azure_endpoint: str
    assistant_id: str
    thread_id: str
    #: A run of the thread that waits for outputs.
    run_id: str
    #: Whether the outputs are to be submitted with `stream: true`.
    stream: bool
    #: Call id to output, for the calls of every round.
    tool_outputs: Mapping[str, str]
    #: Whether the client is to speak in the form of Azure.
    azure: bool = False
    api_key: str = API_KEY

    @classmethod
    def of(cls, scenario: Scenario, origin: str, waiting: WaitingRun, *, azure: bool = False) -> Assignment:
        """A scenario on a server."""
        return cls(
            scenario=scenario.id,
            base_url=f"{origin}/v1",
            azure_endpoint=origin,
            assistant_id=waiting.assistant_id,
            thread_id=waiting.thread_id,
            run_id=waiting.run_id,
            stream="streamed" in scenario.traits,
            tool_outputs=waiting.outputs,
            azure=azure,
        )

    def variables(self) -> dict[str, str]:
        """The same as environment variables; in the form of Azure those of its clients too."""
        said = {
            "OPENAI_BASE_URL": self.base_url,
            "OPENAI_API_KEY": self.api_key,
            "CONFORMANCE_SCENARIO": self.scenario,
            "CONFORMANCE_ASSISTANT_ID": self.assistant_id,
            "CONFORMANCE_THREAD_ID": self.thread_id,
            "CONFORMANCE_RUN_ID": self.run_id,
            "CONFORMANCE_STREAM": "true" if self.stream else "false",
            "CONFORMANCE_TOOL_OUTPUTS": json.dumps(self.tool_outputs, ensure_ascii=False),
        }
        return said | (self._of_azure() if self.azure else {})

    def _of_azure(self) -> dict[str, str]:
        return {
            "AZURE_OPENAI_ENDPOINT": self.azure_endpoint,
            "AZURE_OPENAI_API_KEY": self.api_key,
            "OPENAI_API_VERSION": _API_VERSION,
        }
