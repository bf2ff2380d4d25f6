"""A command as one line that means the same when it is pasted."""

from __future__ import annotations

import shlex

from conformance.report.plain import safe


def on_one_line(command: str) -> str:
    """The command with what breaks or steers a line written as bash writes it, in `$` and quotes."""
    if command.isprintable():
        return command
    try:
        words = shlex.split(command)
    except ValueError:  # masked in the middle of a quotation
        return safe(command, len(command))
    return " ".join(shlex.quote(word) if word.isprintable() else f"$'{''.join(map(_escaped, word))}'" for word in words)


def _escaped(character: str) -> str:
    code = ord(character)
    if character in "\\'":
        return f"\\{character}"
    if character.isprintable():
        return character
    if 0xDC80 <= code <= 0xDCFF:  # a byte of an argument that is no UTF-8
        code -= 0xDC00
        return f"\\x{code:02x}"
    return f"\\x{code:02x}" if code < 0x80 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
