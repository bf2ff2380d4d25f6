"""How a target is reached, as frozen data, and the words of the command line that say so.

Nothing here sends anything. Credentials never show in a `repr`, in `describe` or in a message.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from types import MappingProxyType
from urllib.parse import SplitResult, parse_qsl, quote, urlencode, urlsplit

from conformance.errors import UsageError
from conformance.model import Headers
from conformance.wire.credentials import HEADERS, is_named, is_variable, of_url, without_scheme
from conformance.wire.secret import secrets_of

#: The option whose URL may hold a user name.
_PROXY = "--proxy"

#: A streamed run on the real service took about 2 s (recordings), the slowest self-hosted server seen blocked for 20 s
#: and then answered; a minute is beyond every honest answer and still bearable when nothing comes.
TIMEOUT = 60.0

#: A stream repeats the submitted outputs, at most 512 kB together (SUB-LIMIT-SUM), in one or two events; sixteen
#: times that leaves room for a long answer and keeps a hostile one in memory.
MAX_BYTES = 16 * 2**20

#: done.closes allows 5 s between the terminal event and the end of the body; one more shows that they have passed.
LINGER = 6.0

#: No exchange is worth more seconds.
_DAY = 86_400.0

#: Small, cheap, and calls several tools in parallel; a server that knows other names is given one with `--model`.
MODEL = "gpt-4o-mini"

#: How a run comes to wait for outputs; see `provision.PROVISIONS`.
KINDS = ("api", "assistant", "run", "command", "static")

#: Kinds of provisioning under which we create what is needed ourselves.
CREATING = ("api", "assistant")

#: What a server can offer, and the trait that holds where its owner says that it does not.
OFFERS: Mapping[str, str] = MappingProxyType({"plain": "no-plain", "streamed": "no-streamed"})

#: RFC 9110 token and field value, the latter in ASCII: nothing that could start another line.
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")
_VALUE = re.compile(r"[\t\x20-\x7e]*\Z")
_VARIABLE = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)\Z")

#: Sent in place of a credential by `wrong-key`: the shape of a key, and nobody's.
_WRONG = "sk-conformance-wrong-key"

#: Fields that HTTP itself needs; an extra header cannot change them.
_FRAMING = frozenset(
    {"host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer", "expect"}
)


@dataclass(frozen=True, slots=True)
class Header:
    """One extra header field; `secret` when its value is a credential, `variable` where that comes from."""

    name: str
    value: str = field(repr=False)
    secret: bool = False
    variable: str = ""


@dataclass(frozen=True, slots=True)
class GivenRun:
    """A run that already waits for outputs. Without call ids they are read from the run."""

    thread_id: str
    run_id: str
    call_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Settings:
    """Where a target is, how to be let in, how runs are brought about there, and how long to bear with it.

    `timeout` is seconds for one whole exchange, `linger` seconds a stream may stay open after its `[DONE]`,
    `max_bytes` the bytes of one answer, as sent and again as decoded. Raises UsageError for contradictions.
    """

    base_url: str = field(repr=False)
    api_key: str | None = field(default=None, repr=False)
    headers: tuple[Header, ...] = ()
    query: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    model: str = MODEL
    provision: str = "api"
    assistant_id: str | None = None
    runs: tuple[GivenRun, ...] = ()
    create_streamed: bool = False
    timeout: float = TIMEOUT
    linger: float = LINGER
    max_bytes: int = MAX_BYTES
    max_requests: int | None = None
    ca_file: str | None = None
    proxy: str | None = field(default=None, repr=False)
    #: Said to the model on top of our own instructions, for models that need more persuading.
    instructions: str | None = None
    #: The program that brings runs to wait, and its arguments.
    provision_command: tuple[str, ...] = ()
    #: Members that are created with, beside ours and in their place.
    create_assistant: Mapping[str, object] = field(default_factory=dict)
    create_thread: Mapping[str, object] = field(default_factory=dict)
    create_run: Mapping[str, object] = field(default_factory=dict)
    #: How outputs can be submitted there, in the words of `OFFERS`.
    offers: frozenset[str] = frozenset(OFFERS)

    def __post_init__(self) -> None:
        check_url(self.base_url, "--base-url")
        if self.proxy is not None:
            check_url(self.proxy, _PROXY)
        if self.api_key is not None and (not self.api_key.strip() or not _VALUE.match(self.api_key)):
            raise UsageError("the API key is empty or holds characters that no header can carry")
        if self.provision not in KINDS:
            raise UsageError(f"unknown --provision: {self.provision!r}", f"Use one of: {', '.join(KINDS)}.")
        if (self.provision == "assistant") != (self.assistant_id is not None):
            raise UsageError(
                "--assistant and --provision assistant belong together",
                "Give both: --provision assistant --assistant ID.",
            )
        if (self.provision == "run") != bool(self.runs):
            raise UsageError(
                "--run and --provision run belong together", "Give both: --provision run --run THREAD:RUN."
            )
        if (self.provision == "command") != bool(self.provision_command):
            raise UsageError(
                "--provision-command and --provision command belong together",
                "Give both: --provision command --provision-command 'PROGRAM'.",
            )
        self._check_created()
        unknown = sorted(self.offers - OFFERS.keys())
        if unknown or not self.offers:
            raise UsageError(
                f"invalid --offers: {unknown[0] if unknown else 'nothing'}", f"Use one of: {', '.join(OFFERS)}."
            )
        if not (0 < self.timeout <= _DAY and 0 < self.linger <= _DAY):
            raise UsageError(
                f"--timeout {self.timeout:g}: not a time limit", "It takes seconds: more than 0, and a day at most."
            )
        if self.max_bytes < 1 or (self.max_requests is not None and self.max_requests < 1):
            raise UsageError("--max-requests is less than 1", "It takes a number of requests: 1 or more.")

    def _check_created(self) -> None:
        created = {
            "--create-streamed": self.create_streamed,
            "--create-assistant": self.create_assistant,
            "--create-thread": self.create_thread,
            "--create-run": self.create_run,
        }
        stray = next((option for option, said in created.items() if said), None)
        if stray and self.provision not in CREATING:
            raise UsageError(f"{stray} does nothing with --provision {self.provision}: nothing is created")

    @property
    def _pairs(self) -> tuple[tuple[str, str], ...]:
        return (*parse_qsl(urlsplit(self.base_url).query, keep_blank_values=True), *self.query)

    @property
    def origin(self) -> str:
        """Scheme, host and port of the base URL."""
        parts = urlsplit(self.base_url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def keyed(self) -> bool:
        """Whether a credential is configured."""
        return self.api_key is not None or any(header.secret for header in self.headers)

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every value that must never be shown or kept."""
        values = [value for value in self.variables("") if value]
        return tuple(dict.fromkeys((*values, *map(without_scheme, values), *of_url(self.proxy or ""))))

    def variables(self, key: str) -> Mapping[str, str]:
        """Every credential that is sent -> the variable of a shell that stands for it; `key` is that of the API key.

        A parameter's stands for its value as it is written in a URL.
        """
        secret = (header for header in self.headers if header.secret or is_named(header.name))
        named = {header.value: header.variable or _as_variable(header.name) for header in secret}
        parameters = {value: _as_variable(name) for name, value in self._pairs if is_named(name)}
        return {**parameters, **named, **({} if self.api_key is None else {self.api_key: key})}

    @property
    def prefix(self) -> str:
        """The path of the base URL."""
        return quote(urlsplit(self.base_url).path.rstrip("/"), safe="/%:@!$&'()*+,;=~-._")

    def target(self, path: str, prefix: str | None = None) -> str:
        """Path and query of a request: the base prefix, `path`, the query of the base URL and the extra one."""
        route, _, own = path.partition("?")
        pairs = (*self._pairs, *parse_qsl(own))
        return (self.prefix if prefix is None else prefix) + route + (f"?{urlencode(pairs)}" if pairs else "")

    def request_headers(
        self, situation: frozenset[str] = frozenset(), *, body: bool = True, more: tuple[Header, ...] = ()
    ) -> Headers:
        """The header fields of a request: what the official clients send, in our name, the configured ones, and `more`.

        `Accept` asks for JSON, as they do even for a stream, or for a stream where the situation says so, as others do:
        it never decides about streaming (contract §1). Content codings are declined so that chunks are seen as they
        were written.
        """
        fields = {
            "accept": ("Accept", "application/json"),
            "accept-encoding": ("Accept-Encoding", "identity"),
            "user-agent": ("User-Agent", "submit-tool-outputs-conformance"),
            "openai-beta": ("OpenAI-Beta", "assistants=v2"),
        }
        if body:
            fields["content-type"] = ("Content-Type", "application/json")
        if self.api_key is not None:
            fields["authorization"] = ("Authorization", f"Bearer {self.api_key}")
        extra = (*self.headers, *more)
        fields |= {header.name.lower(): (header.name, header.value) for header in extra}
        secret = {header.name.lower() for header in extra if header.secret} | {"authorization"}
        if "no-key" in situation:
            fields = {name: pair for name, pair in fields.items() if name not in secret}
        if "wrong-key" in situation:
            fields |= {name: (fields[name][0], _wrong(fields[name][1])) for name in secret & fields.keys()}
        if "no-beta" in situation:
            fields.pop("openai-beta", None)
        if "accept-stream" in situation:
            fields["accept"] = ("Accept", "text/event-stream")
        return tuple(fields.values())

    def scrub(self, text: str) -> str:
        """`text` without credentials and control characters, cut to a length that people read."""
        text = secrets_of(self.secrets).hidden(text)[:2000]
        text = "".join(char if char.isprintable() else " " for char in text)
        text = " ".join(text.split())
        return text if len(text) <= 300 else f"{text[:299]}…"

    def describe(self) -> Mapping[str, object]:
        """What a report may say about the target: nothing secret, the query by its names."""
        return {
            "kind": "http",
            "base_url": f"{self.origin}{urlsplit(self.base_url).path}",
            "query": [name for name, _ in self._pairs],
            "headers": [header.name for header in self.headers],
            "provision": self.provision,
            "model": self.model,
            "created_streamed": self.create_streamed,
        }


def _as_variable(name: str) -> str:
    """The name of a header or a parameter as that of a shell's variable."""
    return re.sub(r"\W", "_", name.upper(), flags=re.ASCII)


def _wrong(value: str) -> str:
    scheme, space, _ = value.partition(" ")
    return f"{scheme} {_WRONG}" if space else _WRONG


def parse_header(text: str, environment: Mapping[str, str]) -> Header:
    """Read `NAME: VALUE`; a value that is exactly `$VARIABLE` is taken from the environment and is secret.

    Raises UsageError when it is no header field, when the variable is not set, or when the field belongs to HTTP.
    """
    name, colon, value = text.partition(":")
    name, value = name.strip(), value.strip(" \t")
    if not colon or not _NAME.match(name):
        raise UsageError(
            f"--header: {_name_of(text)} is not a header",
            "Write it as 'NAME: VALUE', or 'NAME: $VARIABLE' for a secret.",
        )
    if name.lower() in _FRAMING:
        raise UsageError(f"the header {name!r} is set by HTTP itself", "Leave it out.")
    variable = _VARIABLE.match(value)
    if variable and not environment.get(variable[1]):
        raise UsageError(
            f"the environment has no {variable_shown(variable[1])}", f"Set it, or write the value of {name!r} itself."
        )
    if variable:
        value = environment[variable[1]]
    if not _VALUE.match(value):
        raise UsageError(f"the value of the header {name!r} holds characters that no header can carry")
    secret = variable is not None or name.lower() in HEADERS
    return Header(name, value, secret, variable[1] if variable else "")


def variable_shown(name: str) -> str:
    """The name of a variable as a message may show it: somebody may have put the key itself in its place."""
    return (
        name
        if is_variable(name)
        else f"variable of that name ({len(name)} characters, not shown: is it the key itself?)"
    )


def _name_of(text: str) -> str:
    """What may be shown of a header or a parameter that is none: a name, and nothing that may be its value."""
    name = re.match(r"[A-Za-z_][A-Za-z_-]{0,30}(?=\s*[:=])", text)
    return f"{name[0]!r}" if name else f"what was given ({len(text)} characters, not shown: it may be a secret)"


def parse_query(texts: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Read `NAME=VALUE` pairs, such as `api-version=2024-05-01-preview`; raises UsageError."""
    pairs = tuple(text.partition("=") for text in texts)
    for name, equals, _ in pairs:
        if not name or not equals:
            raise UsageError(f"--param: {_name_of(name)} is not a query parameter", "Write it as 'NAME=VALUE'.")
    return tuple((name, value) for name, _, value in pairs)


def _port(parts: SplitResult) -> int | None:
    """The port of a URL, if it names one. Raises ValueError, in our words."""
    try:
        return parts.port
    except ValueError:
        raise ValueError("its port is not a number from 1 to 65535") from None


def check_url(url: str, option: str) -> None:
    """Raise UsageError, in the name of its option, for a URL that no request can be sent to."""
    hint = "Give the full URL, such as http://127.0.0.1:8000/v1."
    if not url.isprintable() or " " in url:
        raise UsageError(f"{option}: the URL contains spaces or control characters", hint)
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, _port(parts)
    except ValueError as reason:
        said = secrets_of(tuple(of_url(url))).hidden(str(reason))
        raise UsageError(f"{option}: the URL cannot be read: {said}", hint) from None
    if parts.scheme not in ("http", "https") or not host or port == 0 or not _is_host(host):
        given = secrets_of(tuple(of_url(url))).hidden(url)
        raise UsageError(f"{option} {given!r}: not an http:// or https:// URL", hint)
    if option != _PROXY and (parts.username is not None or parts.fragment):
        raise UsageError(
            f"{option}: the URL contains a user name or a fragment", "Pass credentials with --api-key-env or --header."
        )


def _is_host(host: str) -> bool:
    if ":" in host:
        try:
            ip_address(host.partition("%")[0])
        except ValueError:
            return False
        return True
    try:
        labels = host.rstrip(".").encode("idna").decode("ascii").split(".")
    except UnicodeError:
        return False
    return all(re.fullmatch(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,62})", label) for label in labels)
