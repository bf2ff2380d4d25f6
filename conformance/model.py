"""The nouns of the suite as frozen data; this module imports nothing of ours and does nothing.

`Scenario` is a situation, `Transcript` the bytes that came of it, `Requirement` a sentence of the contract,
`Finding` a departure from one, `Verdict` what a requirement came to in a scenario, `Subject` all verdicts of one
scenario or file, `Report` all subjects of one run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

#: Header fields in wire order; repeats matter, names keep the case they were sent in.
Headers = tuple[tuple[str, str], ...]


class Level(StrEnum):
    """RFC 2119 keyword of a requirement, plus INFO for what is reported and never judged."""

    MUST = "MUST"
    SHOULD = "SHOULD"
    MAY = "MAY"
    INFO = "INFO"


class Role(StrEnum):
    """Whom a requirement binds: a side of the wire, or a gateway between the sides."""

    SERVER = "server"
    CLIENT = "client"
    #: A gateway, a load balancer or a proxy between the two.
    GATEWAY = "gateway"


class Confidence(StrEnum):
    """How well a requirement is attested: H observed in real traffic, M one good source, L inferred."""

    H = "H"
    M = "M"
    L = "L"


class Status(StrEnum):
    """What a requirement came to in one scenario."""

    PASS = "pass"  # noqa: S105 - a verdict, no password
    FAIL = "fail"
    WARN = "warn"
    NOT_APPLICABLE = "not_applicable"
    UNTESTABLE = "untestable"
    ERROR = "error"


#: Statuses that count as judged.
JUDGED = frozenset({Status.PASS, Status.FAIL, Status.WARN})


class Operation(StrEnum):
    """What an exchange asks of the API; only the first two are ever judged."""

    SUBMIT = "submit"
    CREATE_RUN = "create-run"
    GET_RUN = "get-run"
    LIST_RUNS = "list-runs"
    LIST_STEPS = "list-steps"
    LIST_MESSAGES = "list-messages"
    OTHER = "other"


class Author(StrEnum):
    """Who wrote one side of an exchange and may therefore be blamed for it."""

    HARNESS = "harness"
    IMPLEMENTATION = "implementation"


class Ended(StrEnum):
    """How a response body ended."""

    COMPLETE = "complete"
    SHORT = "short"
    RESET = "reset"
    TIMEOUT = "timeout"
    ABORTED = "aborted"


class Side(StrEnum):
    """On which side of a gateway an exchange was seen; without a gateway all is in front."""

    #: Where the client asks and is answered.
    FRONT = "front"
    #: Where the server is asked and answers.
    BEHIND = "behind"


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some bytes of a body as they arrived, content coding removed.

    `ms` is milliseconds since the request began.
    """

    ms: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it was sent. `target` is path and query; empty where a recording does not tell it."""

    author: Author
    method: str
    target: str
    headers: Headers
    body: bytes
    #: The recording holds the body only as parsed JSON: byte spans and length rules are off.
    reconstructed: bool = False


@dataclass(frozen=True, slots=True)
class Response:
    """One response as it arrived. `ended_ms` is milliseconds since the request began."""

    author: Author
    status: int
    headers: Headers
    chunks: tuple[Chunk, ...]
    ended: Ended
    ended_ms: int
    reconstructed: bool = False


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and what came back. `began_ms` is milliseconds since the transcript began."""

    operation: Operation
    began_ms: int
    request: Request
    #: None where no status line arrived; `failure` then says what happened instead.
    response: Response | None
    failure: str | None = None
    #: Facts only the sender knows and a recording cannot show, such as `wrong-key`; see `scenarios.SITUATIONS`.
    situation: frozenset[str] = frozenset()
    #: Both sides of a gateway have one clock: `began_ms` of either counts from the same moment.
    side: Side = Side.FRONT


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a client under test ended: its exit code and the parsed outcome file, where it wrote one."""

    #: None where it had to be ended.
    exit_code: int | None
    document: Mapping[str, object] | None = None
    #: Why nothing follows from how it ended, and what to do; None where something does.
    doubt: str | None = None
    #: The last lines it printed, and where everything it printed is kept, relative to the folder of the report.
    printed: tuple[str, ...] = ()
    output: str = ""


@dataclass(frozen=True, slots=True)
class Transcript:
    """The immutable record of one scenario, or of one foreign recording."""

    #: Scenario id, or the recording's name.
    scenario: str
    exchanges: tuple[Exchange, ...]
    #: What held when it was recorded: traits of `scenarios.TRAITS`.
    traits: frozenset[str] = frozenset()
    #: Why the situation never came about; None where it did.
    untestable: str | None = None
    #: An internal error: reported, and never counted against the target.
    slip: str | None = None
    outcome: Outcome | None = None
    #: Where it came from: target kind and name, who recorded it, what was redacted.
    provenance: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Act:
    """One request of a scenario as the harness sends it; the words are rows of the tables in `scenarios.py`."""

    #: `submit`, `get-run`, `list-steps`, `list-messages`, `cancel`, or `method:NAME` for another method on the path.
    do: str
    #: Which outputs are submitted: a row of `scenarios.OUTPUTS`.
    outputs: str = "all"
    #: How `stream` is said: `absent`, `false`, `null`, `true`, `string`.
    stream: str = "absent"
    #: Facts only the sender knows: rows of `scenarios.SITUATIONS`.
    situation: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Scenario:
    """A situation to bring about. It holds no expectation."""

    id: str
    title: str
    acts: tuple[Act, ...]
    #: What the situation holds: requirements are planned by these.
    traits: frozenset[str]
    role: Role = Role.SERVER
    #: How many function calls are to be pending at once, in each round.
    calls: int = 1
    #: How few of them do: a model may make one call at a time, and only some situations need several.
    least: int = 1
    #: What the other side does after the outputs: a row of `scenarios.SCRIPTS`.
    script: str = "text"
    #: How it tells a client so: a row of `client_scenarios.ANSWERS`.
    answer: str = "plainly"
    #: Scenarios with the same value may share one pending run; None: a run of its own.
    shares: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """Where a requirement comes from: a kind (docs, schema, recording, sdk, standard, report), a reference, a link."""

    kind: str
    ref: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Requirement:
    """One normative sentence with its level, the role it binds, its sources and its evidence."""

    id: str
    level: Level
    role: Role
    confidence: Confidence
    sentence: str
    #: Why it matters to whoever departs from it.
    why: str
    #: Ids of the contract's catalogue.
    contract: tuple[str, ...]
    operations: frozenset[Operation]
    #: Traits that must all hold for it to be planned.
    needs: frozenset[str]
    sources: tuple[Source, ...]
    evidence: tuple[str, ...]
    #: The requirement set it joined.
    added: str
    #: Never planned, added when observed: a 429, an error event.
    luck: bool = False
    #: Why nothing checks it; None where a check does.
    excluded: str | None = None

    @property
    def family(self) -> str:
        """The part of the id before the dot, which is also the name of the file of its check."""
        return self.id.partition(".")[0]


@dataclass(frozen=True, slots=True)
class Finding:
    """One departure: what was expected, what came, and where."""

    #: Which of the ways to break its requirement it is: a slug that never changes, a row of `contract/kinds.toml`;
    #: empty in reports of versions before kinds.
    kind: str
    message: str
    expected: str
    got: str
    #: Index of the exchange in the transcript.
    exchange: int
    #: 0-based index of the dispatched event in its stream.
    event: int | None = None
    #: Half-open byte span of the decoded body.
    span: tuple[int, int] | None = None
    #: Milliseconds since the request began.
    ms: int | None = None
    #: JSON pointer into the document.
    pointer: str | None = None
    #: What distinguishes causes of one kind where the pointer does not: the event, the member, the state.
    details: tuple[str, ...] = ()
    #: The objects at fault within the exchange: `run`, `step ID`, `message ID`; none for the answer itself.
    about: tuple[str, ...] = ()
    primary: bool = True
    #: The requirement whose breach explains this finding.
    because: str | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one requirement came to in one scenario."""

    requirement: str
    level: Level
    role: Role
    scenario: str
    status: Status
    findings: tuple[Finding, ...] = ()
    #: Findings beyond those kept.
    more: int = 0
    #: Whether there may be causes among them that no finding kept has.
    more_causes: bool = False
    #: Why it is untestable, not applicable or an error.
    reason: str | None = None
    #: The requirement whose breach left nothing to look at.
    because: str | None = None
    #: Not planned, added when observed.
    joined: bool = False
    #: Why its failure is excused: the reason its owner wrote down for it. It keeps its status.
    known: str | None = None
    #: False for a requirement that is newer than the chosen set: reported, not counted.
    scored: bool = True


@dataclass(frozen=True, slots=True)
class Moment:
    """One dispatched event of a stream, as a timeline shows it."""

    #: Milliseconds since the request began.
    ms: int
    event: str
    #: Whose life it is part of: `run`, `step 1`, `message 1`; empty for `done`, `error` and unknown events.
    lane: str
    #: Half-open byte span of the decoded body.
    span: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Exhibit:
    """What shows a departure to somebody who was not there: its exchange, its stream, how to see it again.

    Everything in it is redacted: ids are renamed, credentials are gone.
    """

    requirement: str
    #: Name of the subject it was seen in first.
    subject: str
    #: Index of the exchange in the transcript.
    exchange: int
    #: The exchange as text, cut to what matters.
    lines: tuple[str, ...]
    #: The request as a command, its key an environment variable; empty where the recording holds no request.
    curl: str = ""
    #: The events of the stream, in order; none of a plain answer.
    moments: tuple[Moment, ...] = ()
    #: Index into `moments` of the event that departs; None where no event does.
    event: int | None = None
    #: Lane -> the state it was in before that event.
    states: Mapping[str, str] = field(default_factory=dict)
    #: Names of the events that would have been legal there.
    allowed: tuple[str, ...] = ()
    #: A whole cassette with the fewest events that still break the requirement; empty where none does by itself.
    cassette: str = ""
    #: The event or document at fault, laid out line by line; none where no single one is.
    document: tuple[str, ...] = ()
    #: Index into `document` of the line at fault; None where the whole is.
    line: int | None = None


@dataclass(frozen=True, slots=True)
class ClientOutput:
    """How a client under test ended in one scenario, in its own words."""

    #: None where it had to be ended.
    exit_code: int | None
    #: The error that it wrote into its outcome file; empty where it wrote none.
    error: str = ""
    #: The last lines it printed.
    printed: tuple[str, ...] = ()
    #: The file of everything it printed, relative to the folder of the report; empty where it is not kept.
    output: str = ""


@dataclass(frozen=True, slots=True)
class Subject:
    """All verdicts of one scenario or one file."""

    name: str
    verdicts: tuple[Verdict, ...]
    #: Why it could not be read or held nothing to judge.
    reason: str | None = None
    #: Event names outside the vocabulary that were seen, in order of appearance: reported, never a finding.
    unknown_events: tuple[str, ...] = ()
    #: What else was seen of it that nothing judges, each in a sentence: how it was read, what it holds besides.
    notes: tuple[str, ...] = ()
    #: What its exchanges look like without ids, times and texts, for comparisons; see `verdict.outline`.
    shape: tuple[Mapping[str, object], ...] = ()
    #: The exit code of what kept it from being judged at all: 4 where it cannot be read, 3 where the error is ours.
    exit_code: int | None = None
    #: How the client under test ended, in its own words; None where there is none.
    client: ClientOutput | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """On what terms a run was judged: two reports can be compared where these are alike."""

    role: Role = Role.SERVER
    #: The requirement set that is scored; empty for all there is.
    requirements: str = ""
    #: Warnings fail.
    strict: bool = False
    #: The expression of `-k`; None where nothing was deselected.
    selection: str | None = None
    #: Which part of the scenarios, such as `1/4`; None for all.
    shard: str | None = None
    #: What everything drawn by chance was drawn from; None where nothing was.
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class KnownFailure:
    """A row of an implementer's own list: a failure that is excused, for a reason, perhaps until a day."""

    requirement: str
    #: Why it is excused; stands beside every verdict that it excuses.
    reason: str
    #: Scenarios or recordings that it holds in; none for all.
    scenarios: tuple[str, ...] = ()
    #: Facts of the target that must hold, each with the values that will do.
    target: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    link: str = ""
    #: The last day on which it excuses anything, as an RFC 3339 full-date; empty for no end.
    expires: str = ""
    #: The causes that it excuses, as `verdict.fingerprints` tells them; none for any cause.
    fingerprints: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is wrong with a list of known failures: a row that is `stale`, `expired`, `unmatched` or `changed`.

    A row is changed where what it lists fails for another cause than the known one.
    """

    kind: str
    #: The row, as its owner would look for it: `requirement` or `scenario:requirement`.
    row: str
    #: What is wrong with it and what to do, in a sentence.
    message: str


@dataclass(frozen=True, slots=True)
class Report:
    """All subjects of one run against one target, with provenance. Every writer renders it from this alone."""

    target: Mapping[str, object]
    subjects: tuple[Subject, ...]
    #: Requirements of the role that nothing in the run could show.
    not_exercised: tuple[str, ...] = ()
    #: Things created at the target that could not be removed again.
    leftovers: tuple[str, ...] = ()
    #: Why the run stopped before its end; None where it did not.
    interrupted: str | None = None
    #: What the run planned: scenarios, runs, requests, cells.
    plan: Mapping[str, int] = field(default_factory=dict)
    profile: Profile = field(default_factory=Profile)
    #: Version of the suite that judged; empty for the one that runs.
    version: str = ""
    #: The command that repeats the run, without `-k`; for recordings, without the file.
    again: str = ""
    #: When it began, as an RFC 3339 date-time, and how long it took in milliseconds; empty and 0 where nobody knows.
    began: str = ""
    took_ms: int = 0
    #: One for each requirement that was departed from, where somebody wants to see.
    exhibits: tuple[Exhibit, ...] = ()
    #: Rows of the list of known failures that are about this target.
    known_failures: tuple[KnownFailure, ...] = ()
    #: What is wrong with them.
    complaints: tuple[Complaint, ...] = ()
    #: Verdicts that were left out of it; each requirement comes to the same by those that are in it.
    left_out: int = 0
