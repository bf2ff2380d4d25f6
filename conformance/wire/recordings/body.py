"""Bodies as other tools store them: text, bytes or parsed JSON, as they came or without their content coding."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from importlib import import_module
from io import BytesIO
from types import MappingProxyType
from typing import NamedTuple

from conformance.model import Headers
from conformance.wire.coding import DamagedCoding, decoder
from conformance.wire.compact_json import compact
from conformance.wire.recordings.entry import Entry

#: The largest body that is unpacked: four times the largest answer that is recorded live.
_LARGEST = 64 * 2**20

#: How many times its size a body may grow; streams grow ten to thirty times, bombs a thousand. The second number is
#: always allowed: a short body may repeat itself.
_GROWTH, _SMALL = 200, 2**20

#: How gzip begins where each byte was written as a character: no text begins so.
_PACKED_TEXT = "\x1f\x8b"


#: The characters that Windows-1252 has where Latin-1 has control characters -> their bytes.
_WINDOWS_1252 = {ord(char): byte for byte in range(0x80, 0xA0) if (char := bytes([byte]).decode("cp1252", "ignore"))}


class Body(NamedTuple):
    """A body that a recording keeps."""

    data: bytes
    #: It was kept as parsed JSON: its white space is not known.
    reconstructed: bool = False


class Unpacked(NamedTuple):
    """A body without its content coding."""

    data: bytes
    #: All of it came.
    whole: bool = True
    #: Why it could not be unpacked; empty where it could.
    problem: str = ""


def stored(entry: Entry) -> Body:
    """A body as text or bytes; anything else but null is JSON that was parsed."""
    value = entry.value
    if value is None:
        return Body(b"")
    if isinstance(value, bytes):
        return Body(value)
    if isinstance(value, str):
        return Body(_bytes(value))
    return Body(compact(value).encode(), reconstructed=True)


def in_pieces(entry: Entry) -> Body:
    """A body as text or bytes, or as a list of pieces of them."""
    if not isinstance(entry.value, list):
        return stored(entry)
    return Body(b"".join(stored(piece).data for piece in entry.each()))


def _bytes(text: str) -> bytes:
    """A text as bytes; packed bytes that were written character by character are those characters."""
    if text.startswith(_PACKED_TEXT):
        try:
            return text.encode("latin-1")
        except UnicodeEncodeError:
            pass
    return text.encode(errors="surrogatepass")


def misread(text: str) -> bytes | None:
    """The bytes of a text that is UTF-8 and was read as Latin-1 or Windows-1252; None for any other text."""
    try:
        data = text.translate(_WINDOWS_1252).encode("latin-1")
    except UnicodeEncodeError:
        return None
    return data if any(not line.isascii() and _is_text(line) for line in data.split(b"\n")) else None


def from_base64(entry: Entry) -> bytes:
    """The bytes of base64, line breaks in it or not. Raises UnreadableInput where it is none."""
    text = entry.value if isinstance(entry.value, bytes) else entry.text().encode(errors="replace")
    try:
        return base64.b64decode(b"".join(text.split()), validate=True)
    except binascii.Error:
        entry.refuse("base64 was expected")


def from_hex(entry: Entry) -> bytes:
    """The bytes of hexadecimal digits. Raises UnreadableInput where they are none."""
    try:
        return bytes.fromhex(entry.text())
    except ValueError:
        entry.refuse("hexadecimal digits were expected")


def coding_of(headers: Headers) -> str:
    """The content coding that header fields name; empty for none."""
    return next((value.strip().lower() for name, value in headers if name.lower() == "content-encoding"), "")


def unpacked(coding: str, data: bytes) -> Unpacked:
    """A body without its coding; what does not begin as the coding does was stored without it and is taken as it is."""
    if not data or coding in ("", "identity"):
        return Unpacked(data)
    if coding in _BY_PACKAGE:
        return _by_package(coding, data)
    undone, most = bytearray(), _most(data)
    inflating = decoder(coding)
    try:
        for piece in inflating.feed(data):
            undone += piece
            if len(undone) > most:
                return Unpacked(b"", False, f"it is larger than {most} bytes when unpacked, as no answer is")
        inflating.close()
    except DamagedCoding:
        return Unpacked(bytes(undone), whole=False) if undone else Unpacked(data)
    return Unpacked(bytes(undone))


def _most(data: bytes) -> int:
    """How large a body may be when it is unpacked."""
    return min(_LARGEST, max(_SMALL, _GROWTH * len(data)))


def _brotli(data: bytes, package: str) -> bytes:
    inflating = import_module(package).Decompressor()
    undone = bytearray()
    for start in range(0, len(data), 4096):
        undone += inflating.process(data[start : start + 4096])
        if len(undone) > _most(data):
            raise ValueError
    return bytes(undone)


def _zstandard(data: bytes, package: str) -> bytes:
    reader = import_module(package).ZstdDecompressor().stream_reader(BytesIO(data))
    undone: bytes = reader.read(_most(data) + 1)
    if len(undone) > _most(data):
        raise ValueError
    return undone


#: Coding -> the packages that undo it, the first that is installed, and how each is asked.
_BY_PACKAGE: MappingProxyType[str, tuple[tuple[str, ...], Callable[[bytes, str], bytes]]] = MappingProxyType(
    {"br": (("brotli", "brotlicffi"), _brotli), "zstd": (("zstandard",), _zstandard)}
)


def _by_package(coding: str, data: bytes) -> Unpacked:
    """Undo a coding that needs a package; a text shows that it was stored without it."""
    if _is_text(data):
        return Unpacked(data)
    packages, undo = _BY_PACKAGE[coding]
    for package in packages:
        try:
            return Unpacked(undo(data, package))
        except ImportError:
            continue
        except Exception:  # each package has errors of its own
            return Unpacked(
                b"", whole=False, problem=f"its content coding {coding} is broken, or it is too large unpacked"
            )
    advice = f"`pip install {packages[0]}` unpacks it"
    return Unpacked(b"", whole=False, problem=f"it is packed with the content coding {coding}; {advice}")


def _is_text(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
