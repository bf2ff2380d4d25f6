"""Whether a document is what its event name or answer says, and if not, why: the derived schemas at work.

`accepts` decides, on a compiled validator that is built once for each object; `explain` is asked only after a refusal.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from itertools import islice
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import jsonschema_rs

from conformance.contract.data import schema_text
from conformance.contract.vendor.derive import extensible, timestamps
from conformance.contract.vendor.openapi_document import Json, Node
from conformance.contract.vendor.slice import OBJECTS, events_of

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import ValidationError

#: Violations reported for one document: whoever has more has them for one reason.
MOST = 5

#: Departures of one document that are looked at before the first of them are reported: each costs a fraction of a
#: millisecond, and a document of this API has a few dozen fields.
_LOOKED_AT = 200

#: Values in a document that is explained: a run of a hundred tools and calls has a tenth of them, and each costs up to
#: a tenth of a millisecond.
_EXPLAINED = 10_000

#: Characters of a value that are shown.
_SHOWN = 80

#: Bits of an integer that is shown: more have more digits than are shown.
_MOST_BITS = 256


class Violation(NamedTuple):
    """One departure of a document from its schema: where (JSON pointer), what was expected, what is there."""

    pointer: str
    expected: str
    got: str


#: Event name -> name of the schema of its data, for every name OpenAI's document lists, `done` apart.
#: The data of `error` may also come wrapped, as an `ErrorResponse`.
SCHEMA_OF_EVENT: Mapping[str, str] = events_of(json.loads(schema_text("openapi.json")))


def accepts(object_name: str, document: object) -> bool:
    """Whether a parsed document fits the schema of `RunObject`, `MessageDeltaObject` and so on."""
    try:
        return _validator(object_name).is_valid(document)
    except UnicodeEncodeError:
        # A lone surrogate is legal JSON, but no text of the compiled validator. No word of a schema holds one.
        return bool(_validator(object_name).is_valid(_without_surrogates(document)))


def decider(object_name: str) -> Callable[[object], bool]:
    """What `accepts` asks for documents without lone surrogates, bound once for a loop over many."""
    decide: Callable[[object], bool] = _validator(object_name).is_valid
    return decide


def explain(object_name: str, document: object) -> tuple[Violation, ...]:
    """Why a document was refused: at most `MOST` violations, in the order of their pointers; none where it fits."""
    if _holds_more_than(_EXPLAINED, document):
        got = f"a document of more than {_EXPLAINED} values, too many to check"
        return () if accepts(object_name, document) else (Violation("", f"a {object_name}", got),)
    try:
        leaves = (leaf for error in _explainer(object_name).iter_errors(document) for leaf in _leaves(error))
        errors = list(islice(leaves, _LOOKED_AT))
    except (RecursionError, ValueError):
        # Only showing a value can fail so: it is nested deeper, or its number is longer, than Python prints.
        return (Violation("", f"a {object_name}", "a document that is too deep or has numbers that are too long"),)
    return tuple(sorted({_violation(error) for error in errors})[:MOST])


def cause_violations(object_name: str, document: object) -> tuple[Violation, ...]:
    """The causes (`last_error.code`, `incomplete_details.reason`) in a document that are none of the known ones.

    They are open, so `accepts` lets them pass; they should still be known.
    """
    found: list[Violation] = []
    for path, known in _causes(object_name):
        value = document
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None
        if isinstance(value, str) and value not in known:
            found.append(Violation("/" + "/".join(path), _one_of(known), _told(value)))
    return tuple(found)


def missing_fields(object_name: str, document: object) -> tuple[str, ...]:
    """The fields that a document should have (upstream requires them, every recording has them) and has not."""
    if not isinstance(document, dict):
        return ()
    return tuple(name for name in _schema(object_name).get("x-recommended", ()) if name not in document)


@cache
def _schema(object_name: str) -> Node:
    schema: Node = json.loads(schema_text(f"derived/{object_name}.json"))
    return schema


#: Object name -> its fields that hold Unix time in seconds.
TIMESTAMPS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {name: fields for name in OBJECTS if (fields := timestamps(_schema(name)))}
)


@cache
def _validator(object_name: str) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(_schema(object_name))


@cache
def _explainer(object_name: str) -> Draft202012Validator:
    from jsonschema import Draft202012Validator  # noqa: PLC0415 - slow to import, and only a refusal needs it
    from jsonschema.validators import extend  # noqa: PLC0415

    # 1e999 is read as infinity, which the compiled validator takes for no number.
    types = Draft202012Validator.TYPE_CHECKER.redefine("number", _is_finite_number)
    finite = extend(Draft202012Validator, type_checker=types)  # type: ignore[no-untyped-call]
    explainer: Draft202012Validator = finite(_schema(object_name))
    return explainer


def _is_finite_number(_checker: object, value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < math.inf


@cache
def _causes(object_name: str) -> tuple[tuple[tuple[str, ...], list[str]], ...]:
    return tuple(extensible(_schema(object_name)))


def _without_surrogates(document: object) -> object:
    """A document with another character in the place of each half of a surrogate pair; without recursion."""
    root: list[object] = [document]
    waiting: list[tuple[list[object] | dict[str, object], object]] = [(root, 0)]
    while waiting:
        parent, place = waiting.pop()
        value: object = parent[place]  # type: ignore[index, call-overload]
        if isinstance(value, str):
            parent[place] = _paired(value)  # type: ignore[index, call-overload]
        elif isinstance(value, list):
            copy = parent[place] = list(value)  # type: ignore[index, call-overload]
            waiting += [(copy, at) for at in range(len(copy))]
        elif isinstance(value, dict):
            members = parent[place] = {_paired(name): entry for name, entry in value.items()}  # type: ignore[index, call-overload]
            waiting += [(members, name) for name in members]
    return root[0]


def _paired(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")


def _holds_more_than(most: int, document: object) -> bool:
    """Whether a document holds more values than this, itself included; looks at no more than those."""
    waiting, count = [document], 1
    while waiting and count <= most:
        value = waiting.pop()
        if isinstance(value, dict | list):
            count += len(value)
            waiting += value.values() if isinstance(value, dict) else value
    return count > most


def _leaves(error: ValidationError) -> Iterator[ValidationError]:
    """The errors at the bottom of one error: an alternative of the wrong JSON type was not meant."""
    branches: dict[object, list[ValidationError]] = {}
    for below in error.context or ():
        branches.setdefault(below.schema_path[0], []).append(below)
    meant = [
        errors
        for errors in branches.values()
        if not any(below.validator == "type" and not below.relative_path for below in errors)
    ]
    if not meant:
        yield error
    for errors in meant:
        for below in errors:
            yield from _leaves(below)


def _violation(error: ValidationError) -> Violation:
    pointer = "".join(map(_step, error.absolute_path))
    instance: Json = error.instance
    value: Json = error.validator_value
    match error.validator:
        case "required":
            # jsonschema reports each missing name by itself, but names it only in its message.
            name = next(name for name in value if error.message.startswith(repr(name)))
            return Violation(pointer + _step(name), "a value (the field is required)", "nothing")
        case "type":
            return Violation(pointer, _types(value), _told(instance))
        case "enum":
            return Violation(pointer, _one_of(value), _told(instance))
        case "anyOf":
            wrong = [below for below in error.context or () if below.validator == "type"]
            kinds = [kind for below in wrong for kind in _listed(below.validator_value)]
            return Violation(pointer, _types(kinds), _told(instance))
        case "additionalProperties":
            schema: Json = error.schema
            unknown = sorted(instance.keys() - schema["properties"])
            return Violation(pointer, f"no fields but {', '.join(schema['properties'])}", _told(", ".join(unknown)))
        case keyword:
            return Violation(pointer, f"{keyword} {value}", _told(instance))


def _step(step: str | int) -> str:
    """One step of a JSON pointer, shortened, and printable even where a name holds half a surrogate pair."""
    name = str(step).replace("~", "~0").replace("/", "~1").encode("utf-8", "backslashreplace").decode()
    return f"/{name if len(name) <= _SHOWN else name[:_SHOWN] + '…'}"


def _listed(value: Json) -> list[str]:
    return value if isinstance(value, list) else [value]


def _types(value: Json) -> str:
    return " or ".join(_listed(value))


def _one_of(values: list[str]) -> str:
    return values[0] if len(values) == 1 else f"one of {', '.join(values)}"


def _told(value: object) -> str:
    """A value in a few characters, safe to print whatever it holds."""
    if isinstance(value, dict):
        return f"an object of {len(value)} fields"
    if isinstance(value, list):
        return f"an array of {len(value)} items"
    if isinstance(value, int) and value.bit_length() > _MOST_BITS:
        return f"an integer of {value.bit_length()} bits"
    text = json.dumps(value[: _SHOWN + 1] if isinstance(value, str) else value)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
