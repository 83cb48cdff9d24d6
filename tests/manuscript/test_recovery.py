from __future__ import annotations

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


def test_a_later_form_is_told_from_damage() -> None:
    with pytest.raises(NewerRecordError, match="later version"):
        RecoveryRecord.of_bytes(b"kelvin-studio-recovery 2 abc\nanything")


def test_the_text_stands_in_it_for_any_editor() -> None:
    record = RecoveryRecord(TextFile("Once.\nTwice – 🐟\n"), (), "", 0, None, None, 1.0)
    assert record.to_bytes().endswith("\nOnce.\nTwice – 🐟\n".encode())
