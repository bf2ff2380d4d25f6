"""The openai package as it is installed is served by the mock in every way its users go."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import pytest

from conformance.mock.server import Mock
from conformance.tests.mock.conftest import TOOLS

openai = pytest.importorskip("openai", reason="the openai package is a development dependency")

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(scope="module")
def sdk() -> Iterator[Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with Mock("sk-test") as mock, openai.OpenAI(base_url=mock.base_url, api_key="sk-test", max_retries=0) as made:
            yield made


def begun(sdk: Any, scenario: str = "stream-three-calls") -> Any:
    assistant = sdk.beta.assistants.create(model="gpt-4o", tools=TOOLS)
    thread = sdk.beta.threads.create(messages=[{"role": "user", "content": "Do it."}])
    return sdk.beta.threads.runs.create_and_poll(
        thread_id=thread.id, assistant_id=assistant.id, metadata={"conformance_scenario": scenario}
    )


def answers(run: Any) -> list[dict[str, str]]:
    return [
        {"tool_call_id": call.id, "output": f"{call.function.name}: ü"}
        for call in run.required_action.submit_tool_outputs.tool_calls
    ]


def test_outputs_are_submitted_plainly_and_the_run_is_polled(sdk: Any) -> None:
    run = begun(sdk)
    assert (run.status, len(answers(run))) == ("requires_action", 3)
    after = sdk.beta.threads.runs.submit_tool_outputs(run.id, thread_id=run.thread_id, tool_outputs=answers(run))
    assert after.status == "queued"
    after = sdk.beta.threads.runs.poll(run.id, thread_id=run.thread_id)
    assert after.status == "completed"
    newest = sdk.beta.threads.messages.list(run.thread_id).data[0]
    assert newest.content[0].text.value.startswith("In Köln")
    assert sdk.beta.threads.runs.steps.list(run.id, thread_id=run.thread_id).data[0].type == "message_creation"


def test_outputs_are_submitted_and_polled_in_one_call(sdk: Any) -> None:
    run = begun(sdk)
    after = sdk.beta.threads.runs.submit_tool_outputs_and_poll(
        run_id=run.id, thread_id=run.thread_id, tool_outputs=answers(run)
    )
    assert (after.status, after.usage.total_tokens > 0) == ("completed", True)


def test_the_raw_stream_of_a_submission_has_every_event(sdk: Any) -> None:
    run = begun(sdk)
    stream = sdk.beta.threads.runs.submit_tool_outputs(
        run.id, thread_id=run.thread_id, tool_outputs=answers(run), stream=True
    )
    names = [event.event for event in stream]
    assert (names[0], names[-1]) == ("thread.run.step.completed", "thread.run.completed")


@pytest.mark.parametrize(
    ("scenario", "status", "text"),
    [
        ("stream-three-calls", "completed", "In Köln it is 21 °C and sunny 🌤️, 東京 has rain."),
        ("stream-two-messages", "completed", "Let me work that out…In Köln it is 21 °C and sunny 🌤️, 東京 has rain."),
        ("stream-built-in-step", "completed", "In Köln it is 21 °C and sunny 🌤️, 東京 has rain."),
        ("stream-incomplete", "incomplete", "In Köln it is 21 °C and"),
        ("stream-failed", "failed", "In Köln it is 21 °C and"),
        ("stream-cancelled", "cancelled", "In Köln it is 21 °C and"),
        ("stream-expired", "expired", ""),
    ],
)
def test_the_helper_follows_every_ending_of_a_stream(sdk: Any, scenario: str, status: str, text: str) -> None:
    run = begun(sdk, scenario)
    with sdk.beta.threads.runs.submit_tool_outputs_stream(
        run_id=run.id, thread_id=run.thread_id, tool_outputs=answers(run)
    ) as stream:
        assert "".join(stream.text_deltas) == text
        assert stream.get_final_run().status == status


def test_the_helper_follows_a_second_round(sdk: Any) -> None:
    run, asked = begun(sdk, "stream-next-round"), []
    while run.status == "requires_action":
        asked.append([call["tool_call_id"] for call in answers(run)])
        with sdk.beta.threads.runs.submit_tool_outputs_stream(
            run_id=run.id, thread_id=run.thread_id, tool_outputs=answers(run)
        ) as stream:
            stream.until_done()
            run = stream.get_final_run()
    assert (run.status, len(asked)) == ("completed", 2)
    assert not set(asked[0]) & set(asked[1])


def test_a_created_stream_is_accumulated_to_the_calls_of_the_run(sdk: Any) -> None:
    assistant = sdk.beta.assistants.create(model="gpt-4o", tools=TOOLS)
    thread = sdk.beta.threads.create()
    with sdk.beta.threads.runs.stream(thread_id=thread.id, assistant_id=assistant.id) as stream:
        stream.until_done()
        run = stream.get_final_run()
        (step,) = stream.get_final_run_steps()
    wanted = run.required_action.submit_tool_outputs.tool_calls
    made = step.step_details.tool_calls
    assert [(call.id, call.function.name, call.function.arguments) for call in made] == [
        (call.id, call.function.name, call.function.arguments) for call in wanted
    ]


def test_a_broken_stream_and_a_refusal_raise(sdk: Any) -> None:
    run = begun(sdk, "stream-error")
    with (
        pytest.raises(openai.APIError, match="failed while it was answering"),
        sdk.beta.threads.runs.submit_tool_outputs_stream(
            run_id=run.id, thread_id=run.thread_id, tool_outputs=answers(run)
        ) as stream,
    ):
        stream.until_done()
    run = begun(sdk)
    with pytest.raises(openai.BadRequestError, match="Expected tool outputs for call_ids"):
        sdk.beta.threads.runs.submit_tool_outputs(run.id, thread_id=run.thread_id, tool_outputs=answers(run)[:1])
    with pytest.raises(openai.NotFoundError):
        sdk.beta.threads.runs.retrieve("run_none", thread_id=run.thread_id)
    with pytest.raises(openai.AuthenticationError):
        sdk.with_options(api_key="other").beta.threads.create()


def test_a_busy_server_is_asked_again_with_the_same_body() -> None:
    with Mock() as mock, openai.OpenAI(base_url=mock.base_url, api_key="k") as sdk:
        run = begun(sdk, "rate-limited")
        # The package waits as long as it is told, which is a second.
        waits: list[float] = []
        sdk._sleep_for_retry = lambda **kwargs: waits.append(1)
        sdk.beta.threads.runs.submit_tool_outputs(run.id, thread_id=run.thread_id, tool_outputs=answers(run))
        sent = [r.request.body for r in mock.requests if r.request.target.endswith("submit_tool_outputs")]
        assert (len(waits), len(sent), sent[0]) == (1, 2, sent[1])
