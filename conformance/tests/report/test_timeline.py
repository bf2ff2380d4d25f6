"""The picture of a stream: order and time, runs of deltas as one mark, the departure alone, never more than fits."""

from __future__ import annotations

from itertools import cycle, islice, pairwise

import pytest

from conformance.model import Exhibit, Moment
from conformance.report.event_list import event_list
from conformance.report.excerpt import excerpt
from conformance.report.folds import folded
from conformance.report.timeline import LANE, LEFT, RIGHT, TOP, WIDTH, Timeline, timeline
from conformance.tests.report.exhibited import exhibited

#: Events of a stream as large as any that is recorded.
MANY = 20_000


def stream(*events: tuple[str, str], ms: int = 10) -> tuple[Moment, ...]:
    return tuple(
        Moment(index * ms, name, lane, (index * 9, index * 9 + 9)) for index, (name, lane) in enumerate(events)
    )


def picture(moments: tuple[Moment, ...], event: int | None = None) -> Timeline:
    drawn = timeline(Exhibit("done.last", "s", 0, (), moments=moments, event=event, states={"run": "in_progress"}))
    assert drawn is not None
    return drawn


def deltas(count: int, lane: str = "message 1") -> list[tuple[str, str]]:
    return [("thread.message.delta", lane)] * count


SHORT = stream(
    ("thread.run.step.completed", "step 1"), ("thread.run.queued", "run"), ("thread.message.created", "message 1"),
    *deltas(5), ("thread.message.completed", "message 1"), ("thread.run.completed", "run"), ("done", ""),
)  # fmt: skip


def test_a_plain_answer_has_no_picture() -> None:
    assert timeline(Exhibit("response.status-200", "s", 0, ())) is None


def test_lanes_are_run_steps_messages_and_the_stream_itself() -> None:
    lanes = picture(SHORT).lanes
    assert [(lane.name, lane.entity) for lane in lanes] == [
        ("run", "run"), ("step 1", "step"), ("message 1", "message"), ("stream", "stream"),
    ]  # fmt: skip
    assert [lane.y for lane in lanes] == [TOP + LANE * (row + 0.5) for row in range(4)]
    assert [lane.state for lane in lanes] == ["in_progress", "", "", ""]


def test_a_run_of_deltas_is_one_mark_and_every_event_is_counted() -> None:
    drawn = picture(SHORT)
    message = drawn.lanes[2]
    assert [(mark.kind, mark.count, mark.word) for mark in message.marks] == [
        ("begun", 1, "created"), ("piece", 5, "5 deltas"), ("ended", 1, "completed"),
    ]  # fmt: skip
    assert message.marks[1].width > 0
    assert sum(mark.count for lane in drawn.lanes for mark in lane.marks) == len(SHORT)


def test_the_event_that_departs_is_by_itself_in_the_midst_of_a_run() -> None:
    drawn = picture(SHORT, event=5)
    marks = drawn.lanes[2].marks
    assert [(mark.count, mark.violating) for mark in marks] == [
        (1, False),
        (2, False),
        (1, True),
        (2, False),
        (1, False),
    ]
    assert drawn.violation is not None
    assert drawn.violation.label == "event 5 · thread.message.delta"
    assert drawn.violation.x == marks[2].x
    assert "event 5, thread.message.delta, departs" in drawn.summary


def test_an_event_that_is_not_there_departs_nowhere() -> None:
    assert picture(SHORT, event=len(SHORT)).violation is None


def test_left_to_right_is_order_and_a_wait_is_a_gap() -> None:
    waits = (*SHORT[:2], *(Moment(m.ms + 5000, m.event, m.lane, m.span) for m in SHORT[2:]))
    gaps = []
    for moments in (SHORT, waits):
        run, _, message, _ = picture(moments).lanes
        assert LEFT <= run.marks[0].x < message.marks[0].x <= WIDTH - RIGHT
        gaps.append(message.marks[0].x - run.marks[0].x)
    assert gaps[1] > 3 * gaps[0]


@pytest.mark.parametrize("ms", [[0, 0, 0, 0], [9, 3, 7, 1]])
def test_times_that_stand_still_or_run_backwards_keep_the_order(ms: list[int]) -> None:
    moments = tuple(Moment(time, "thread.run.queued", "run", (0, 1)) for time in ms)
    xs = [mark.x for mark in picture(moments).lanes[0].marks]
    assert xs == sorted(xs)


@pytest.mark.parametrize("event", [None, 0, MANY // 2, MANY - 1])
@pytest.mark.parametrize(
    "names",
    [
        deltas(1),
        [*deltas(1), ("thread.run.step.delta", "step 1")],
        [("thread.run.in_progress", "run"), ("made.up", ""), ("thread.message.created", "message 1")],
    ],
)
def test_twenty_thousand_events_are_no_more_marks_than_there_is_room_for(
    names: list[tuple[str, str]], event: int | None
) -> None:
    drawn = picture(stream(*islice(cycle(names), MANY), ms=1), event)
    for lane in drawn.lanes:
        assert len(lane.marks) <= 150
        for one, other in pairwise(lane.marks):
            assert one.x + one.width <= other.x or one.violating or other.violating
    assert sum(mark.count for lane in drawn.lanes for mark in lane.marks) == MANY
    assert sum(mark.violating for lane in drawn.lanes for mark in lane.marks) == (event is not None)
    assert len(drawn.ticks) <= 11


def test_lanes_without_end_share_one_and_the_one_that_departs_has_its_own() -> None:
    moments = stream(*(("thread.message.created", f"message {index}") for index in range(500)))
    drawn = picture(moments, event=321)
    assert len(drawn.lanes) == 12
    assert [lane.name for lane in drawn.lanes if any(mark.violating for mark in lane.marks)] == ["message 321"]
    assert drawn.lanes[-1].name == "489 more"


def test_words_below_marks_never_meet() -> None:
    for exhibit in exhibited().exhibits:
        for lane in (timeline(exhibit) or picture(SHORT)).lanes:
            reach = 0.0
            for mark in lane.marks:
                half = len(mark.word) * 3
                if mark.word:
                    assert mark.x + mark.width / 2 - half > reach
                    reach = mark.x + mark.width / 2 + half


def test_folds_hold_every_event_once() -> None:
    folds = list(folded(SHORT, alone=4))
    assert [index for fold in folds for index in range(fold.first, fold.last + 1)] == list(range(len(SHORT)))
    assert [len(fold.moments) for fold in folds] == [1, 1, 1, 1, 1, 3, 1, 1, 1]
    assert list(folded(())) == []


def test_the_list_shows_what_is_around_the_departure_and_knows_the_rest() -> None:
    moments = stream(*islice(cycle([("thread.run.queued", "run"), ("made.up", "")]), MANY))
    listed = event_list(Exhibit("done.last", "s", 0, (), moments=moments, event=9000))
    assert [fold.first for fold in listed.shown] == list(range(8994, 9007))
    assert len(listed.before) == len(listed.after) == 300
    everything = (*listed.before, *listed.shown, *listed.after)
    assert sum(listed.left_out) + sum(len(fold.moments) for fold in everything) == MANY
    assert listed.left_out == (everything[0].first, MANY - everything[-1].last - 1)


def test_without_a_departure_the_list_shows_the_end() -> None:
    listed = event_list(Exhibit("done.present", "s", 0, (), moments=SHORT))
    assert listed.violating is None
    assert listed.shown[-1].moments[-1].event == "done"


def test_the_lines_of_the_event_that_departs_are_marked() -> None:
    marked = 0
    for exhibit in exhibited().exhibits:
        lines = [line for line in excerpt(exhibit).shown if line.violating]
        if exhibit.event is not None and exhibit.moments:
            assert lines[0].text == f"< event: {exhibit.moments[exhibit.event].event}"
            assert lines[1].text.startswith("< data: ")
            marked += 1
        else:
            assert not lines
    assert marked >= 3


@pytest.mark.parametrize(
    "lines",
    [
        ("< : 9 events are left out here", "<", "< event: thread.run.queued", "< data: {}"),
        ("< 200", "< event: other", "< data: 1", "<", "< event: other", "< data: 2"),
        (),
    ],
)
def test_nothing_is_marked_where_a_target_writes_our_comments(lines: tuple[str, ...]) -> None:
    shown = excerpt(Exhibit("done.last", "s", 0, lines, moments=SHORT, event=1))
    assert not any(line.violating for line in shown.shown)


def test_an_exchange_without_end_is_cut_and_counted() -> None:
    shown = excerpt(Exhibit("done.last", "s", 0, ("< x",) * 5000))
    assert len(shown.shown) + len(shown.more) + shown.left_out == 5000
    assert len(shown.shown) < len(shown.more) < 1000
