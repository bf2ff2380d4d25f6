"""Updating a list of known failures: what fails is added, what changed is changed, what people wrote stays."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from conformance.errors import UnreadableInput, UsageError
from conformance.model import Profile, Report, Role, Status, Subject, Verdict
from conformance.report.result import exit_code
from conformance.run.known_failures.reader import rows
from conformance.run.known_failures.updating import Updated, update, updated
from conformance.tests.report.reports import HOSTILE, finding, verdict
from conformance.verdict.fingerprints import fingerprint
from conformance.verdict.known import checked, held, holding

ONE, THREE = "stream-one-call", "stream-three-calls"
OTHER = finding(kind="repeated", message="done came twice")
CAUSE, OTHER_CAUSE = (fingerprint("done.last", each) for each in (finding(), OTHER))

LIST = f"""\
# Ours. Ask Ana before you add to it.

# -- streams --

# The proxy of the west region.
[[failure]]    # oldest
requirement = "done.last"   # seen since May
scenarios = [
  "{ONE}",  # the smallest
  "{THREE}",
]
reason = "a proxy"
fingerprints = ['{CAUSE}'] # by hand

# Waits for a release.
[[failure]]
requirement = "done.once"
reason = '''two
lines'''
expires = 2027-01-31

# -- the end --
"""


def report(*verdicts: Verdict, text: str = LIST, **facts: object) -> Report:
    names = dict.fromkeys(each.scenario for each in verdicts)
    subjects = tuple(Subject(name, tuple(v for v in verdicts if v.scenario == name)) for name in names)
    told = Report({"kind": "http"}, subjects, began="2026-11-25T10:00:00Z", **facts)  # type: ignore[arg-type]
    return held(told, holding(rows(text, "f"), told.target, Role.SERVER))


def failed(requirement: str, scenario: str, *found: object) -> Verdict:
    return verdict(requirement, scenario, Status.FAIL, *(found or (finding(),)))  # type: ignore[arg-type]


def passed(requirement: str, scenario: str) -> Verdict:
    return verdict(requirement, scenario, Status.PASS)


def brought(text: str, *verdicts: Verdict, **facts: object) -> Updated:
    return updated(report(*verdicts, text=text, **facts), text, "f")


KNOWN = (failed("done.last", ONE), failed("done.last", THREE), failed("done.once", ONE))


def test_a_list_that_is_current_stays_as_it_is_to_the_byte() -> None:
    done = brought(LIST, *KNOWN)
    assert (done.text, done.changes) == (LIST, ())


def test_what_fails_now_is_added_with_a_reason_that_says_what() -> None:
    done = brought(LIST, *KNOWN, failed("done.name", ONE), failed("done.name", THREE, OTHER))
    assert done.text.startswith(LIST)
    new = rows(done.text, "f")[-1]
    assert (new.requirement, new.scenarios) == ("done.name", (ONE, THREE))
    assert new.reason == "an event follows done; done came twice"
    assert len(new.fingerprints) == 2
    assert exit_code(done.report) == 0
    assert done.changes == (f"added done.name: {new.reason}",)


def test_a_new_list_is_valid_at_once_and_says_what_it_is() -> None:
    done = brought("", failed("done.last", ONE, finding(message=HOSTILE)))
    assert exit_code(done.report) == 0
    assert rows(done.text, "f")[0].fingerprints == (fingerprint("done.last", finding(message=HOSTILE)),)
    assert "\x1b" not in done.text
    assert "\u202e" not in done.text


def test_effects_warnings_and_rules_that_are_not_scored_get_no_row() -> None:
    verdicts = (
        *KNOWN,
        failed("done.closes", ONE, finding(primary=False, because="done.last")),
        failed("done.data", ONE, finding(primary=False, because="done.present")),
        verdict("events.usage", ONE, Status.WARN, finding()),
        replace(failed("done.name", ONE), scored=False),
        verdict("done.present", ONE, Status.ERROR, reason="KeyError"),
    )
    assert brought(LIST, *verdicts).changes == ()


def test_a_changed_cause_is_taken_over_and_the_reason_stays() -> None:
    done = brought(LIST, failed("done.last", ONE, OTHER), failed("done.last", THREE, OTHER), KNOWN[2])
    assert done.text == LIST.replace(f"'{CAUSE}'", f'"{OTHER_CAUSE}"')
    assert done.changes == ("changed the causes of done.last; does its reason still hold? a proxy",)


def test_a_cause_that_this_run_did_not_reach_stays() -> None:
    done = brought(LIST, failed("done.last", ONE, OTHER), profile=Profile(selection=ONE))
    assert rows(done.text, "f")[0].fingerprints == (CAUSE, OTHER_CAUSE)
    done = brought(LIST, failed("done.last", ONE, OTHER), verdict("done.last", THREE, Status.UNTESTABLE))
    assert rows(done.text, "f")[0].fingerprints == (CAUSE, OTHER_CAUSE)


def test_a_cause_of_another_row_is_left_to_it() -> None:
    text = LIST + f'\n[[failure]]\nrequirement = "done.last"\nreason = "that too"\nfingerprints = ["{OTHER_CAUSE}"]\n'
    both = brought(text, failed("done.last", ONE, finding(), OTHER), failed("done.last", THREE), KNOWN[2])
    assert both.changes == ()
    one = brought(text, failed("done.last", ONE, OTHER), failed("done.last", THREE, OTHER), KNOWN[2])
    assert [(row.requirement, row.reason) for row in rows(one.text, "f")] == [
        ("done.once", "two\nlines"), ("done.last", "that too"),
    ]  # fmt: skip


def test_what_passes_is_taken_out_with_its_comment_and_told_with_its_reason() -> None:
    done = brought(LIST, passed("done.last", ONE), passed("done.last", THREE), KNOWN[2])
    start, end = LIST.index("# The proxy"), LIST.index("# Waits")
    assert done.text == LIST[:start] + LIST[end:]
    assert done.changes == ("removed done.last, which no longer fails so; its reason was: a proxy",)
    last = brought(LIST, KNOWN[0], KNOWN[1], passed("done.once", ONE))
    assert last.text == LIST[: LIST.index("# Waits")] + "\n# -- the end --\n"
    assert exit_code(last.report) == 0


def test_of_the_scenarios_of_a_row_only_those_that_pass_are_taken_out() -> None:
    done = brought(LIST, KNOWN[0], passed("done.last", THREE), KNOWN[2])
    assert rows(done.text, "f")[0].scenarios == (ONE,)
    assert "# the smallest" in done.text
    assert done.changes == (f"removed {THREE} from done.last, which passes there now",)


def test_rows_for_others_expired_rows_and_rows_that_match_nothing_are_left_to_their_owner() -> None:
    text = "".join(
        f'[[failure]]\nrequirement = "{requirement}"\nreason = "r"\n{more}\n'
        for requirement, more in (
            ("done.last", 'target = { kind = "mock" }'),
            ("outcome.text", ""),
            ("done.lst", ""),
            ("done.once", "expires = 2026-01-01"),
        )
    )
    done = brought(text, passed("done.last", ONE), failed("done.once", ONE))
    assert (done.text, done.changes) == (text, ())
    assert {complaint.kind for complaint in done.report.complaints} == {"unmatched", "expired"}
    assert exit_code(done.report) == 1


def test_rows_that_cannot_be_told_apart_are_refused_and_nothing_is_lost(tmp_path: Path) -> None:
    inline = tmp_path / "f.toml"
    inline.write_text('failure = [{ requirement = "done.last", reason = "r" }]\n', "utf-8")
    before = inline.read_bytes()
    told = report(failed("done.once", ONE), text=before.decode())
    with pytest.raises(UnreadableInput, match="cannot be distinguished"):
        update(told, inline)
    assert inline.read_bytes() == before


def test_a_list_that_cannot_be_written_is_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "f.toml"
    path.write_text(LIST, "utf-8")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(UsageError, match="No space left"):
        update(report(failed("done.name", ONE)), path)
    assert path.read_text("utf-8") == LIST


def test_a_missing_list_is_begun(tmp_path: Path) -> None:
    path = tmp_path / "new" / "f.toml"
    update(report(failed("done.name", ONE), text=""), path)
    assert path.read_text("utf-8").startswith("# What fails and is known to")
    assert checked(held(report(failed("done.name", ONE), text=""), rows(path.read_text("utf-8"), "f"))).complaints == ()


def test_the_file_that_a_link_names_is_updated_and_keeps_its_mode(tmp_path: Path) -> None:
    file, link, other = tmp_path / "shared/list.toml", tmp_path / "known.toml", tmp_path / "other.toml"
    file.parent.mkdir()
    file.write_text(LIST, encoding="utf-8")
    file.chmod(0o604)
    link.symlink_to("other.toml")
    other.symlink_to("shared/list.toml")
    update(report(failed("done.name", ONE)), link)
    assert (link.is_symlink(), other.is_symlink(), file.is_symlink()) == (True, True, False)
    assert [row.requirement for row in rows(file.read_text("utf-8"), "f")][-1] == "done.name"
    assert file.stat().st_mode & 0o777 == 0o604
    assert {path.name for path in tmp_path.iterdir()} == {"known.toml", "other.toml", "shared"}
    assert [path.name for path in file.parent.iterdir()] == ["list.toml"]


def test_a_link_to_nothing_yet_begins_the_file_there(tmp_path: Path) -> None:
    (tmp_path / "known.toml").symlink_to("list.toml")
    update(report(failed("done.name", ONE), text=""), tmp_path / "known.toml")
    assert (tmp_path / "known.toml").is_symlink()
    assert rows((tmp_path / "list.toml").read_text("utf-8"), "f")


def test_line_ends_stay_what_they_are(tmp_path: Path) -> None:
    path = tmp_path / "list.toml"
    path.write_bytes(LIST.replace("\n", "\r\n").encode())
    update(report(failed("done.name", ONE), failed("done.last", ONE, OTHER)), path)
    windows = path.read_bytes().decode()
    assert windows.count("\r\n") == windows.count("\n") == windows.count("\r")
    path.write_bytes(LIST.encode())
    update(report(failed("done.name", ONE), failed("done.last", ONE, OTHER)), path)
    assert windows.replace("\r\n", "\n") == path.read_bytes().decode()


def test_ends_that_are_mixed_stay_mixed(tmp_path: Path) -> None:
    path = tmp_path / "list.toml"
    mixed = LIST.replace("\n", "\r\n", 3).encode()
    path.write_bytes(mixed)
    update(report(failed("done.name", ONE)), path)
    assert path.read_bytes().startswith(mixed)
