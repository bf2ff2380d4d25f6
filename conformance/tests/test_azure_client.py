"""A client in the form of Azure over a real socket: its path, its version in the query, its header for the key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from conformance.contract.scenarios import BY_ID
from conformance.model import Operation, Role, Status, Subject, Transcript
from conformance.targets.assignment import Assignment
from conformance.targets.client import ClientTarget
from conformance.targets.drivers import Function
from conformance.verdict.judge import judge

openai = pytest.importorskip("openai", reason="the openai package is a development dependency")

pytestmark = pytest.mark.filterwarnings("ignore:.*Assistants API is deprecated:DeprecationWarning")

SCENARIOS = ("plain-three-calls", "plain-second-round", "plain-fault-before", "plain-not-found", "streamed-three-calls",
             "streamed-second-round", "streamed-error-wrapped", "streamed-refused-state")  # fmt: skip


def converse(given: Assignment, client: Any, **heads: str) -> Mapping[str, object]:
    """Answer every round of the run with a client of the openai package."""
    runs, where = client.beta.threads.runs, {"thread_id": given.thread_id, "run_id": given.run_id}
    run, text = runs.retrieve(**where), None
    while run.status == "requires_action":
        calls = run.required_action.submit_tool_outputs.tool_calls
        outputs = [{"tool_call_id": call.id, "output": given.tool_outputs[call.id]} for call in calls]
        asked = {**where, "tool_outputs": outputs, "extra_headers": heads}
        if given.stream:
            with runs.submit_tool_outputs_stream(**asked) as stream:
                text = "".join(stream.text_deltas)
                run = stream.get_final_run()
        else:
            run = runs.submit_tool_outputs(**asked)
            run = runs.poll(run.id, thread_id=run.thread_id)
    return {"status": run.status, **({} if text is None else {"text": text})}


def of_azure(given: Assignment) -> Any:
    variables = given.variables()
    return openai.AzureOpenAI(
        azure_endpoint=variables["AZURE_OPENAI_ENDPOINT"],
        api_key=variables["AZURE_OPENAI_API_KEY"],
        api_version=variables["OPENAI_API_VERSION"],
    )


def played(use: Any, scenario: str, *, azure: bool = True) -> tuple[Transcript, Subject]:
    transcript = ClientTarget(Function(use), azure=azure).exchange(BY_ID[scenario])
    return transcript, judge(transcript, role=Role.CLIENT)


def departures(subject: Subject) -> set[str]:
    wrong = (Status.FAIL, Status.WARN, Status.ERROR)
    return {verdict.requirement for verdict in subject.verdicts if verdict.status in wrong}


@pytest.fixture(autouse=True)
def past_any_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_client_of_azure_passes_without_the_beta_header(scenario: str) -> None:
    def use(given: Assignment) -> Mapping[str, object]:
        with of_azure(given) as client:
            return converse(given, client, **{"OpenAI-Beta": openai.Omit()})

    transcript, subject = played(use, scenario)
    sent = [each.request for each in transcript.exchanges if each.operation is Operation.SUBMIT]
    assert sent
    for request in sent:
        names = {name.lower() for name, _ in request.headers}
        assert request.target.startswith("/openai/threads/thread_")
        assert request.target.endswith("/submit_tool_outputs?api-version=2025-03-01-preview")
        assert "api-key" in names
        assert not names & {"authorization", "openai-beta"}
    assert departures(subject) == set()
    passed = {verdict.requirement for verdict in subject.verdicts if verdict.status is Status.PASS}
    assert {"sending.path", "sending.authorization", "sending.beta", "sending.every-call"} <= passed


def test_the_beta_header_is_as_good() -> None:
    def use(given: Assignment) -> Mapping[str, object]:
        with of_azure(given) as client:
            return converse(given, client)

    assert departures(played(use, "plain-one-call")[1]) == set()


def test_the_form_of_azure_needs_its_key_all_the_same() -> None:
    def use(given: Assignment) -> Mapping[str, object]:
        with of_azure(given) as client:
            return converse(given, client, **{"OpenAI-Beta": openai.Omit(), "api-key": openai.Omit()})

    assert departures(played(use, "plain-one-call")[1]) == {"sending.authorization"}


def test_elsewhere_the_beta_header_is_missed() -> None:
    def use(given: Assignment) -> Mapping[str, object]:
        with openai.OpenAI(base_url=given.base_url, api_key=given.api_key) as client:
            return converse(given, client, **{"OpenAI-Beta": openai.Omit()})

    assert departures(played(use, "plain-one-call", azure=False)[1]) == {"sending.beta"}
