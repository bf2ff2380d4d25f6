"""`conformance record --from`: recordings of other tools become cassettes with the same verdicts and no secret."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conformance.cli import main
from conformance.tests.canary import KEY
from conformance.tests.wire.foreign.writers import WRITERS
from conformance.verdict.judge import judge
from conformance.wire import cassette
from conformance.wire.recordings import read

REFERENCE = Path(__file__).parents[2] / "cassettes" / "reference"
SHARED = Path(__file__).parents[3] / "shared"


def written(form: str, name: str = "stream-three-calls") -> bytes:
    path = REFERENCE / f"{name}.jsonl"
    return WRITERS[form][1](cassette.read(path.read_text(encoding="utf-8").splitlines(), path.name))


def verdicts(path: Path) -> list[tuple[str, str]]:
    (transcript,) = read(path.name, path.read_bytes(), None)
    return [(verdict.requirement, verdict.status.value) for verdict in judge(transcript).verdicts]


def test_a_folder_of_every_format_becomes_cassettes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    forms = ("vcrpy-packed.yaml", "ruby.yml", "browser.har", "nock.json", "wiremock.json", "curl.txt")
    for form in forms:
        (tmp_path / "in" / form).parent.mkdir(exist_ok=True)
        (tmp_path / "in" / form).write_bytes(written(form))
    out = tmp_path / "out"
    assert main(["record", "--from", str(tmp_path / "in"), "--out", str(out)]) == 0
    assert sorted(capsys.readouterr().out.splitlines()) == sorted(str(path) for path in out.iterdir())
    for form in forms:
        assert verdicts(out / f"{form.partition('.')[0]}.jsonl") == verdicts(tmp_path / "in" / form)
    assert main(["verify", str(out)]) == 0


def test_secrets_and_other_services_stay_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = json.loads(written("browser.har"))
    entries = archive["log"]["entries"]
    for entry in entries:
        entry["request"]["headers"].append({"name": "Authorization", "value": f"Bearer {KEY}"})
    entries[0]["response"]["headers"].append({"name": "Set-Cookie", "value": f"session={KEY}"})
    entries.append(json.loads(json.dumps(entries[0])))
    entries[-1]["request"]["url"] = "https://elsewhere.example.com/people/alice"
    (tmp_path / "x.har").write_text(json.dumps(archive), encoding="utf-8")
    assert main(["verify", str(tmp_path / "x.har")]) == 1
    monkeypatch.setenv("SOME_KEY", KEY)
    out = tmp_path / "out"
    assert main(["record", "--from", str(tmp_path / "x.har"), "--out", str(out), "--api-key-env", "SOME_KEY"]) == 0
    kept = (out / "x.jsonl").read_text(encoding="utf-8")
    assert KEY not in kept
    assert "alice" not in kept


def test_names_do_not_collide_and_nothing_is_replaced_unasked(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x y.har").write_bytes(written("browser.har"))
    words = ["record", "--from", str(tmp_path / "a"), str(tmp_path / "b"), "--out", str(tmp_path / "out")]
    assert main(words) == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["x-y-2.jsonl", "x-y.jsonl"]
    assert main(words) == 4
    assert main([*words, "--overwrite"]) == 0


def test_what_cannot_be_read_is_told_and_the_others_are_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.json").write_text("{}", encoding="utf-8")
    (tmp_path / "b.har").write_bytes(written("browser.har"))
    (tmp_path / "c.har").write_text('{"log": {"entries": []}}', encoding="utf-8")
    names = [str(tmp_path / name) for name in ("a.json", "b.har", "c.har")]
    assert main(["record", "--from", *names, "--out", str(tmp_path / "out")]) == 4
    said = capsys.readouterr()
    assert said.out == f"{tmp_path / 'out' / 'b.jsonl'}\n"
    assert "a.json: this is not a recording of a known format" in said.err
    assert "c.har: it holds no request of this API" in said.err


@pytest.mark.parametrize("more", [["--base-url", "http://127.0.0.1:1"], ["-k", "x"], ["--model", "m"]])
def test_options_about_a_server_have_no_meaning(more: list[str], tmp_path: Path) -> None:
    assert main(["record", "--from", "x.har", "--out", str(tmp_path), *more]) == 4


@pytest.mark.skipif(not SHARED.is_dir(), reason="the real recordings are not beside this checkout")
def test_real_recordings_become_cassettes_with_the_same_verdicts(tmp_path: Path) -> None:
    places = [str(SHARED / "recordings"), str(SHARED / "wire")]
    assert main(["record", "--from", *places, "--out", str(tmp_path / "out")]) == 0
    assert main(["verify", str(tmp_path / "out")]) == 0
    files = [path for place in places for path in sorted(Path(place).glob("*/*"))]
    for path in files:
        if path.suffix in (".yaml", ".yml", ".har", ".json") and ".request" not in path.name:
            assert verdicts(tmp_path / "out" / f"{path.stem}.jsonl") == verdicts(path), path.name
