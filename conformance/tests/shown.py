"""The numbers that pages show of what commands print, written anew: `python -m conformance.tests.shown README.md …`.

Every command of a page is run as its test runs it. Where only numbers changed they are put in; where words changed
too, somebody has to read what is shown, so that is named and left alone.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from conformance.tests.commands import CHECKOUT
from conformance.tests.test_docs import UNRUN, Desk, blocks, pattern, renumbered


def write(page: str) -> tuple[str, ...]:
    """Write a page anew; returns the commands that print other words than those that are shown."""
    file = CHECKOUT / page
    text, changed = file.read_text(encoding="utf-8"), []
    with TemporaryDirectory() as folder:
        desk = Desk(Path(folder))
        try:
            for block in blocks(page):
                if block.file:
                    desk.keep(block)
                for words, shown in block.commands() if block.kind == "console" else ():
                    if words in UNRUN:
                        continue
                    _, printed = desk.type(words)
                    if not shown or pattern(shown).fullmatch(printed):
                        continue
                    now, before = renumbered(shown, printed), "\n".join(shown)
                    if now is None or before not in text:
                        changed.append(words)
                    else:
                        text = text.replace(before, "\n".join(now), 1)
        finally:
            desk.close()
    file.write_text(text, encoding="utf-8")
    return tuple(changed)


def main(pages: Sequence[str]) -> int:
    """Write these pages anew; 1 where one shows other words than are printed."""
    changed = [f"{page}: it prints other words now: $ {words}" for page in pages for words in write(page)]
    print("\n".join(changed), file=sys.stderr, end="\n" if changed else "")
    return 1 if changed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
