"""The wrong ways: one row for each stateful fault of `proof/faults/state.py`, by its name.

A row replaces one decision of the server, or the few that a lie needs together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from conformance.mock.behaviour import Behaviour, stays
from conformance.mock.misbehaviour import accepting, entering, reading, running

MISBEHAVIOURS: Mapping[str, Behaviour] = MappingProxyType(
    {
        # refuses what is to be accepted
        "serves-nowhere": accepting.and_not(accepting.whatever, "no-path"),
        "refuses-its-key": accepting.and_not(accepting.whatever, "wrong-key"),
        "refuses-beta": accepting.and_not(accepting.whatever, "unknown-beta"),
        "asks-for-stream-key": accepting.and_not(accepting.stream_absent, "no-stream-key"),
        "refuses-stream-false": accepting.and_not(accepting.stream_false, "stream-value"),
        "refuses-stream-null": accepting.and_not(accepting.stream_null, "stream-value"),
        "refuses-single-streamed": accepting.and_not(accepting.single_streamed),
        "refuses-other-order": accepting.and_not(accepting.out_of_order),
        "refuses-control-characters": accepting.and_not(accepting.with_control_characters),
        "never-forgives": Behaviour(refused=running.closes),
        # accepts what is to be refused
        "accepts-partial": accepting.unless(accepting.some),
        "waits-for-the-rest": replace(accepting.unless(accepting.some), accepted=running.waits_for_the_rest),
        "remembers-refused-outputs": Behaviour(refused=running.remembers),
        "accepts-unknown-ids": accepting.unless(accepting.strange),
        "accepts-duplicates": accepting.unless(accepting.repeated),
        "resumes-on-nothing": accepting.unless(accepting.none),
        "accepts-nothing-quietly": replace(accepting.unless(accepting.none), accepted=running.if_any),
        "accepts-missing-outputs": reading.taken_for_all("missing", "tool_outputs"),
        "accepts-missing-id": reading.taken_for_all("missing", "tool_call_id"),
        "accepts-malformed": reading.taken_for_all("malformed"),
        "accepts-null-output": reading.rewritten(reading.items(reading.null_is_empty)),
        "turns-outputs-into-text": reading.rewritten(reading.items(reading.as_text)),
        "accepts-unknown-keys": reading.rewritten(reading.known_keys),
        "reads-stream-words": reading.rewritten(reading.stream_word),
        "executes-twice": Behaviour(accepted=running.once_more),
        "accepts-again": accepting.in_states("queued", "in_progress"),
        "accepts-when-completed": accepting.in_states("completed"),
        "accepts-when-cancelled": accepting.in_states("cancelled", "cancelling"),
        "accepts-when-expired": accepting.in_states("expired"),
        # is mistaken in whom it serves
        "serves-without-key": Behaviour(key=entering.without_a_key),
        "serves-any-key": Behaviour(key=entering.with_any_key),
        "serves-unknown-thread": Behaviour(find=entering.whatever_thread(known=False)),
        "serves-other-thread": Behaviour(find=entering.whatever_thread(known=True)),
        "serves-unknown-run": Behaviour(find=entering.some_run),
        "tells-strangers": Behaviour(find=entering.tells_strangers),
        # changes what is to stay, and leaves what is to change
        "fails-on-refusal": Behaviour(refused=running.fails),
        "forgets-a-call-on-refusal": Behaviour(accepted=running.with_what_there_is, refused=running.forgets_a_call),
        "goes-on-after-refusal": Behaviour(refused=running.goes_on_anyway),
        "stays-queued": Behaviour(accepted=running.waits_in_the_queue),
        "never-resumes": Behaviour(accepted=stays),
    }
)
