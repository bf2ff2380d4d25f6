"""What is a credential because of where it stands: in which header, parameter, variable, option, or part of a URL."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from urllib.parse import parse_qsl, unquote, urlsplit

#: Header fields that carry a credential wherever they are used.
HEADERS = frozenset({"api-key", "authorization", "cookie", "ocp-apim-subscription-key", "proxy-authorization",
                     "x-api-key", "x-goog-api-key", "x-functions-key"})  # fmt: skip

#: Names of what carries a credential. Numbers of tokens (`max_tokens`) are none.
_NAME = re.compile(
    r"(?:.*(?:key|token|secret|passwo?r?d|passphrase|pwd|signature|credentials?|authorization|cookie)"
    r"|(?:.*[-_.])?(?:auth|code|pass|pat|sas|session|sig))[-_]?\d{0,2}",
    re.IGNORECASE | re.DOTALL,
)

_SCHEME = re.compile(r"\s*((?:[A-Za-z]+\s+)?)(\S.*)", re.DOTALL)


def is_named(name: str) -> bool:
    """Whether the value of a header, a parameter, a variable or an option of this name is a credential."""
    return name.lower() in HEADERS or _NAME.fullmatch(name) is not None


def without_scheme(value: str) -> str:
    """What the value of a header holds besides the scheme, `Bearer`."""
    match = _SCHEME.fullmatch(value)
    return match[2] if match else ""


def scheme_and(value: str, new: str) -> str:
    """The value of a header with another credential behind the same scheme."""
    return _SCHEME.sub(lambda match: match[1] + new, value)


def of_url(url: str) -> Iterator[str]:
    """The user's name and password of a URL, alone and as they are sent, and the values of its parameters."""
    try:
        parts = urlsplit(url)
        pairs = parse_qsl(parts.query, keep_blank_values=True)
    except ValueError:
        yield url.rpartition("@")[0].rpartition("://")[2]
        return
    name, colon, password = parts.netloc.rpartition("@")[0].partition(":")
    yield unquote(name)
    yield unquote(password)
    if colon:
        yield f"{unquote(name)}:{unquote(password)}"
    yield from (value for name, value in pairs if is_named(name))


def of_words(words: Iterable[str]) -> Iterator[str]:
    """The credentials of somebody's command line: `--api-key=…`, `--token …`, `-u NAME:…`, `KEY=…`, headers and URLs.

    A word that is itself a line for a shell (`sh -c '…'`) is read as one.
    """
    before = ""
    for word in words:
        name, sign, value = word.partition("=")
        header, colon, text = word.partition(":")
        if sign and _is_one_word(name) and is_named(name.lstrip("-")):
            yield value
            yield from () if _is_one_word(value) else of_words(_words_of(word))
        elif before.startswith("-") and is_named(before.lstrip("-")):
            yield word
        elif colon and before in _USER:
            yield from (word, text)
        elif colon and _is_one_word(header.strip()) and is_named(header.strip()):
            yield text.strip()
            yield without_scheme(text)
        elif not _is_one_word(word):
            yield from of_words(_words_of(word))
        if "://" in word:
            yield from of_url(word)
        before = word


#: Options whose value is a name and a password, as curl and wget have them.
_USER = frozenset({"-u", "--user", "-U", "--proxy-user"})


def _is_one_word(text: str) -> bool:
    return len(text.split(maxsplit=1)) < 2


def _words_of(line: str) -> list[str]:
    """The words of a line for a shell, or of a program: where its quotes do not close, what stands between spaces."""
    reader = shlex.shlex(line, posix=True, punctuation_chars=True)
    reader.whitespace_split, reader.commenters = True, ""
    try:
        words = list(reader)
    except ValueError:
        return line.split()
    return words if len(words) > 1 else line.split()


def of_environment(environment: Mapping[str, str]) -> Iterator[str]:
    """The values of variables that are named for a credential; a path to one is none, and neither is a word."""
    for name, value in environment.items():
        if _VARIABLE.fullmatch(name) and not value.startswith(("/", "~")) and not (value.isalpha() and len(value) < 16):
            yield value


#: Variables that hold credentials; narrower than for others, since an environment is full of sessions and codes. What
#: follows the noun says which one it is: `PROD`, `V2`.
_VARIABLE = re.compile(
    r"(?:.*(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIALS?)|(?:.*_)?(?:AUTH|PAT|PWD|SAS)|(?:.*_|SSH)?PASS)"
    r"(?:_?V?\d{1,2}|_(?:DEV|LIVE|NEW|OLD|PRIMARY|PROD|PRODUCTION|SECONDARY|STAGING|TEST))?",
    re.IGNORECASE | re.DOTALL,
)


def is_variable(name: str) -> bool:
    """Whether this is what people call a variable, and no key that was put in its place."""
    return re.fullmatch(r"[A-Z]{1,24}(?:_[A-Z]{1,24}){0,6}(?:_?\d{1,2})?", name) is not None


def of_options(words: Sequence[str], environment: Mapping[str, str]) -> Iterator[str]:
    """The credentials of a command line of ours, and of the client that it names: values, and variables of them."""
    yield from of_words(words)
    for name, value in _options(words):
        told = value.partition(":" if name == "header" else "=")[2].strip() if name in ("header", "param") else value
        if name in ("header", "param", "api-key-env"):
            variable = told.removeprefix("$")
            named = variable if is_variable(variable) and (told != variable or name == "api-key-env") else ""
            meant = environment.get(variable, "" if named else told)
            yield meant
            yield without_scheme(meant)
        elif name in ("base-url", "proxy"):
            yield from of_url(value)


def _options(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Each option that has a value, without what pytest writes before its name."""
    for word, after in zip(words, (*words[1:], ""), strict=False):
        if word.startswith("--"):
            name, sign, value = word[2:].partition("=")
            yield name.removeprefix("conformance-"), value if sign else after
