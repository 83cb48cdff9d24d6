from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.manuscript import Encoding, FileState, Newline, RecoveryRecord, TextFile
from studio.manuscript.recovery import NewerRecordError, RecoveryError

characters = st.characters(exclude_categories=["Cs"])
texts = st.text(characters)
names = st.binary(min_size=1, max_size=20).map(lambda name: name.replace(b"\0", b"/"))


@st.composite
def records(draw: st.DrawFn) -> RecoveryRecord:
    text = draw(texts)
    edges = sorted(draw(st.sets(st.integers(0, len(text)), max_size=8)))
    return RecoveryRecord(
        file=TextFile(text, draw(st.sampled_from(Newline)), draw(st.sampled_from(Encoding))),
        generated=tuple(zip(edges[::2], edges[1::2], strict=False)),
        brief=draw(texts),
        caret=draw(st.integers(0, len(text))),
        # Any name that a file can have, also one that is no text.
        path=draw(st.none() | names.map(lambda name: Path(os.fsdecode(name)))),
        held=None,
        written_at=draw(st.floats(0, 4e9)),
    )


@given(records())
def test_a_record_comes_back_as_it_was(record: RecoveryRecord) -> None:
    assert RecoveryRecord.of_bytes(record.to_bytes()) == record


def test_what_the_file_held_comes_back(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Old.")
    held = FileState.at(tmp_path / "a.txt")
    record = RecoveryRecord(TextFile("New."), (), "", 0, tmp_path / "a.txt", held, 1.0)
    back = RecoveryRecord.of_bytes(record.to_bytes()).held
    assert back is not None
    assert (back.size, back.digest) == (held.size, held.digest)


@given(records(), st.data())
def test_a_damaged_record_is_refused(record: RecoveryRecord, data: st.DataObject) -> None:
    whole = record.to_bytes()
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, min(len(whole), start + 4)))
    damaged = whole[:start] + data.draw(st.binary(max_size=4)) + whole[end:]
    if damaged == whole:
        return
    with pytest.raises(RecoveryError):
        RecoveryRecord.of_bytes(damaged)


@given(st.binary())
def test_anything_else_is_refused(data: bytes) -> None:
    for begins in (b"", b"kelvin-studio-recovery 1 ", b"kelvin-studio-recovery "):
        with pytest.raises(RecoveryError):
            RecoveryRecord.of_bytes(begins + data)


def test_a_later_form_is_distinguished_from_damage() -> None:
    with pytest.raises(NewerRecordError, match="later version"):
        RecoveryRecord.of_bytes(b"kelvin-studio-recovery 2 abc\nanything")


def test_the_text_stands_in_it_for_any_editor() -> None:
    record = RecoveryRecord(TextFile("Once.\nTwice – 🐟\n"), (), "", 0, None, None, 1.0)
    assert record.to_bytes().endswith("\nOnce.\nTwice – 🐟\n".encode())


def test_a_path_is_read_by_eyes_too() -> None:
    path = Path("/home/me/My tales: one/a%b.txt")
    record = RecoveryRecord(TextFile(""), (), "", 0, path, None, 1.0)
    assert b"/home/me/My tales: one/a%25b.txt" in record.to_bytes()


def whole(body: bytes) -> bytes:
    """A record of this form whose contents are those that were written."""
    return b"kelvin-studio-recovery 1 %s\n%s" % (hashlib.sha256(body).hexdigest().encode(), body)


def written(text: bytes = b"Four", /, **fields: object) -> bytes:
    header: dict[str, object] = {
        "written_at": 1.0,
        "path": None,
        "newline": "LF",
        "encoding": "UTF_8",
        "held": None,
        "caret": 4,
        "generated": [],
        "brief": "",
    }
    return whole(json.dumps(header | fields).encode() + b"\n" + text)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"caret": 0, "written_at": 0.0},
        {"generated": [[0, 4]]},
        {"generated": [[0, 1], [1, 2], [3, 4]]},
    ],
)
def test_what_is_just_allowed_is_read(fields: dict[str, object]) -> None:
    assert RecoveryRecord.of_bytes(written(b"Four", **fields)).text == "Four"


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (written(written_at=-0.5), r"no time is -0\.5"),
        (written(written_at=253_370_764_800.0), r"no time is 253370764800"),
        (written(caret=-1), "the caret is at -1 of 4"),
        (written(caret=5), "the caret is at 5 of 4"),
        (written("é".encode(), caret=2), "the caret is at 2 of 1"),
        (written(generated=[[-1, 2]]), "no range of the text is -1 to 2"),
        (written(generated=[[2, 2]]), "no range of the text is 2 to 2"),
        (written(generated=[[3, 5]]), "no range of the text is 3 to 5"),
        (written(generated=[[0, 2], [1, 3]]), "no range of the text is 1 to 3"),
        (written(newline="CRLFLF"), "it is damaged: .*CRLFLF"),
        (written(encoding="latin"), "it is damaged: .*latin"),
        (written(b"\xff"), "it is damaged: .*0xff"),
        (written(b"half a letter: \xe2\x82"), "it is damaged: .*unexpected end"),
        (written(brief=3), "it is damaged: .*brief"),
        (whole(b"{"), "it is damaged: .*"),
        (written()[:-1], "it is damaged: its contents are not those that were written"),
        (b"kelvin-studio-recovery x \n", "it does not begin as a recovery file does"),
        (b"kelvin-studio-recovery 1\n", "it does not begin as a recovery file does"),
        (b"Once upon a time\n", "it does not begin as a recovery file does"),
    ],
)
def test_it_is_said_what_is_wrong(data: bytes, says: str) -> None:
    with pytest.raises(RecoveryError, match=says) as caught:
        RecoveryRecord.of_bytes(data)
    assert not isinstance(caught.value, NewerRecordError)
