from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import threading
import tracemalloc
from pathlib import Path

import hypothesis
import pytest
from hypothesis import strategies

from studio.file_lock import FileLock
from studio.manuscript import (
    Document,
    Glance,
    Journal,
    KeptRun,
    Manuscript,
    Origin,
    Passage,
    RecoveryRecord,
    TextFile,
    leftovers,
    leftovers_size,
)
from studio.manuscript.document_tables import DocumentTables
from studio.model_record import ModelRecord
from tests.helpers.documents import sea
from tests.helpers.journal_records import die
from tests.helpers.token_records import tokens

ROOT = Path(__file__).parents[2]
WRITER = """
import sys
from pathlib import Path
from studio.manuscript import Journal, RecoveryRecord, TextFile
journal = Journal(Path(sys.argv[1]))
number = 0
while True:
    number += 1
    text = f"{number:08d}" * 20_000
    journal.write(RecoveryRecord(TextFile(text), (), "", 0, None, None, float(number)))
    if number == 3:
        print("written", flush=True)
"""


def record(text: str, written_at: float = 1.0) -> RecoveryRecord:
    return RecoveryRecord(TextFile(text), (), "", 0, None, None, written_at)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "state" / "recovery"


def with_takes(*words: str, written_at: float = 1.0) -> RecoveryRecord:
    """A record of a text of one take, with its tokens."""
    manuscript = Manuscript("It begins.")
    take = manuscript.begin_take(10, seed=7)
    take.model = MODEL
    for one in tokens(*words):
        take.records.append(one)
        take.append(one.text.decode())
    manuscript.end_take()
    document = Document(*manuscript.content(), caret=3, brief="A tale.")
    file = TextFile(document.text)
    return RecoveryRecord(file, ((10, 14),), "A tale.", 3, None, None, written_at, document)


MODEL = ModelRecord(name="Sea", file="sea.gguf", hash="sha256:44")


def takes_of(record: RecoveryRecord) -> list[list[tuple[str, list[int]]]]:
    document = record.document
    assert document is not None
    return [
        [(take.text, [one.id for one in take.records]) for take in one.takes]
        for one in document.take_sets
    ]


def test_takes_and_tokens_come_back(root: Path) -> None:
    journal = Journal(root)
    journal.write(with_takes(" One"))
    journal.write(with_takes(" One", " two", written_at=2.0))
    die(journal)
    ([leftover], []) = leftovers(root)
    assert leftover.size > 4096, "with what stands beside it"
    kept = leftover.read()
    assert kept.text == "It begins. One two"
    assert (kept.brief, kept.caret, kept.written_at) == ("A tale.", 3, 2.0)
    assert takes_of(kept) == [[(" One two", [0, 1])]]
    assert kept.document is not None
    assert kept.document.take_sets[0].takes[0].model == MODEL
    leftover.discard()
    assert list(root.iterdir()) == []


def test_each_thread_writes_on_in_the_file_that_is_there(root: Path) -> None:
    journal = Journal(root)

    def written(*words: str) -> Path:
        thread = threading.Thread(target=journal.write, args=(with_takes(*words),))
        thread.start()
        thread.join()
        (document,) = root.glob("*/document")
        return document

    file = written(" One").stat().st_ino
    document = written(" One", " two")
    assert document.stat().st_ino == file
    document.rename(root / "tidied")
    written(" One", " two", " three")
    die(journal)
    (root / "tidied").unlink()
    ([leftover], []) = leftovers(root)
    assert takes_of(leftover.read()) == [[(" One two three", [0, 1, 2])]]
    leftover.leave()


def test_runs_of_lanes_come_back_of_a_text_of_which_nothing_else_is_known(root: Path) -> None:
    runs = (KeptRun("01764430000000000001-0a1b2c3d", b"one"),)
    journal = Journal(root)
    for number, kept in enumerate((runs, (*runs, KeptRun(f"{1:020d}-00000000", b"two"))), 1):
        passage = Passage.of("The sea", Origin.TYPED)
        document = Document((passage,), runs=kept)
        journal.write(
            RecoveryRecord(TextFile("The sea"), (), "", 0, None, None, float(number), document)
        )
    die(journal)
    ([leftover], []) = leftovers(root)
    found = leftover.read().document
    assert found is not None
    assert {run.data for run in found.runs} == {b"one", b"two"}


def test_what_an_earlier_version_left_comes_back(root: Path) -> None:
    sample = Path(__file__).parents[1] / "data" / "forms" / "1.kelvin"
    journal = Journal(root)
    file = TextFile(sea().text)
    journal.write(RecoveryRecord(file, (), "", 0, None, None, 1.0, sea()))
    die(journal)
    (folder,) = root.iterdir()
    (folder / "document").write_bytes(sample.read_bytes())
    ([leftover], []) = leftovers(root)
    kept = leftover.read()
    assert kept.document is not None
    assert [len(one.takes) for one in kept.document.take_sets] == [2, 1]
    leftover.discard()


def test_a_text_without_takes_has_nothing_beside_it(root: Path) -> None:
    journal = Journal(root)
    journal.write(with_takes(" One"))
    (folder,) = root.iterdir()
    assert {path.name for path in folder.iterdir()} == {"record", "lock", "document"}
    assert stat.S_IMODE((folder / "document").stat().st_mode) == 0o600
    (folder / "document-journal").touch()  # SQLite's own, of a write that failed
    journal.write(record("New."))
    assert {path.name for path in folder.iterdir()} == {"record", "lock"}
    journal.write(with_takes(" One"))
    journal.close()
    assert list(root.iterdir()) == []


def test_of_text_and_takes_that_differ_the_later_counts(root: Path) -> None:
    journal = Journal(root)
    journal.write(with_takes(" One", " two"))
    (folder,) = root.iterdir()
    (folder / "record").write_bytes(record("It begins. One").to_bytes())
    die(journal)
    for second, text in ((2, "It begins. One two"), (9, "It begins. One")):
        os.utime(folder / "document", (5, 5))
        os.utime(folder / "record", (second, second))
        ([leftover], []) = leftovers(root)
        kept = leftover.read()
        assert kept.text == text
        assert (kept.document is None) == (second == 9)
        assert (kept.brief, kept.caret) == (("", 0) if second == 9 else ("A tale.", 3))
        leftover.leave()


def test_what_a_file_has_but_for_its_takes_is_offered(root: Path) -> None:
    journal = Journal(root)
    journal.write(with_takes(" One"))
    die(journal)
    ([leftover], []) = leftovers(root, lambda kept: kept.document is None)
    assert takes_of(leftover.read()) == [[(" One", [0])]]
    leftover.leave()
    assert leftovers(root, lambda _kept: True) == ([], [])
    assert list(root.iterdir()) == []


def test_takes_that_are_damaged_cost_no_text(root: Path) -> None:
    journal = Journal(root)
    journal.write(with_takes(" One"))
    die(journal)
    (document,) = root.glob("*/document")
    whole = document.read_bytes()
    for damaged in (b"", b"no database", whole[:5000], whole[:4096] + bytes(len(whole) - 4096)):
        document.write_bytes(damaged)
        ([leftover], []) = leftovers(root)
        kept = leftover.read()
        assert kept.text == "It begins. One"
        assert kept.document is None
        leftover.leave()


def test_a_text_is_safe_where_its_takes_are_not(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_tables: DocumentTables, _document: Document) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    journal = Journal(root)
    journal.write(with_takes(" One"))
    with monkeypatch.context() as broken:
        broken.setattr(DocumentTables, "write", fail)
        journal.write(with_takes(" One", " two"))
    (folder,) = root.iterdir()
    assert not (folder / "document").exists(), "what it held is older than the text"
    assert RecoveryRecord.of_bytes((folder / "record").read_bytes()).text == "It begins. One two"
    journal.write(with_takes(" One", " two", " three"))
    die(journal)
    ([leftover], []) = leftovers(root)
    assert takes_of(leftover.read()) == [[(" One two three", [0, 1, 2])]]


def test_nothing_is_on_the_disk_until_something_is_kept(root: Path) -> None:
    journal = Journal(root)
    journal.close()
    assert not root.exists()
    assert leftovers(root) == ([], [])


def test_what_is_kept_is_the_users_alone(root: Path) -> None:
    former = os.umask(0)
    try:
        Journal(root).write(record("Mine."))
    finally:
        os.umask(former)
    for path in [root, *root.rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_of_one_that_runs_nothing_is_left_over(root: Path) -> None:
    journal = Journal(root)
    journal.write(record("Mine."))
    assert leftovers(root) == ([], [])
    journal.close()
    assert list(root.iterdir()) == []


def test_those_of_the_dead_are_offered_the_latest_first_and_held(root: Path) -> None:
    for number in (1, 3, 2):
        journal = Journal(root)
        journal.write(record(f"Text {number}.", number))
        die(journal)
    running = Journal(root)
    running.write(record("Running.", 9))
    found, problems = leftovers(root)
    assert [leftover.read().text for leftover in found] == ["Text 3.", "Text 2.", "Text 1."]
    assert problems == []
    assert leftovers(root) == ([], []), "no other window offers them meanwhile"
    found[0].discard()
    found[1].leave()
    found[2].leave()
    assert [each.read().text for each in leftovers(root)[0]] == ["Text 2.", "Text 1."]


def test_what_was_saved_before_the_death_is_no_leftover(root: Path) -> None:
    journal = Journal(root)
    journal.write(record("Mine."))
    (path,) = root.rglob("record")
    path.unlink()  # which goes first
    die(journal)
    assert leftovers(root) == ([], [])
    assert list(root.iterdir()) == [], "and its folder goes"


@pytest.mark.parametrize("damage", [b"", b"\0" * 100, b"kelvin-studio-recovery 1 00\n{}\n"])
def test_a_damaged_one_is_set_aside_and_reported_once(root: Path, damage: bytes) -> None:
    for text in ("Whole.", "Damaged."):
        journal = Journal(root)
        journal.write(record(text))
        die(journal)
        if text == "Damaged.":
            assert journal._folder is not None
            (journal._folder / "record").write_bytes(damage)
    found, problems = leftovers(root)
    assert [leftover.read().text for leftover in found] == ["Whole."]
    assert len(problems) == 1
    (aside,) = root.rglob("damaged")
    assert str(aside) in problems[0]
    assert aside.read_bytes() == damage
    found[0].discard()
    assert leftovers(root) == ([], [])
    assert aside.exists()


def test_one_of_a_later_version_waits_for_it(root: Path) -> None:
    journal = Journal(root)
    journal.write(record("Mine."))
    die(journal)
    (path,) = root.rglob("record")
    later = b"kelvin-studio-recovery 2 abc\nnew things"
    path.write_bytes(later)
    for _ in range(2):
        found, problems = leftovers(root)
        assert found == []
        assert "later version" in problems[0]
    assert path.read_bytes() == later


def test_what_is_no_journal_is_no_obstacle(root: Path) -> None:
    root.mkdir(parents=True)
    (root / "a file").write_text("")
    (root / "empty").mkdir()
    pipe = root / "pipe"
    pipe.mkdir()
    os.mkfifo(pipe / "record")
    (root / "folder" / "record").mkdir(parents=True)
    found, problems = leftovers(root)
    assert found == []
    assert len(problems) == 2
    root_file = root.parent / "file"
    root_file.write_text("")
    assert leftovers(root_file) == ([], [])


def test_one_that_cannot_be_held_is_reported_and_stays(root: Path) -> None:
    for name in ("kept", "empty"):
        (root / name / "lock").mkdir(parents=True)  # as little to be opened as on a read-only disk
    (root / "kept" / "record").write_bytes(record("Mine.").to_bytes())
    found, problems = leftovers(root)
    assert found == []
    assert len(problems) == 1
    assert str(root / "kept" / "record") in problems[0]
    assert "cannot be offered: Is a directory" in problems[0]
    assert RecoveryRecord.of_bytes((root / "kept" / "record").read_bytes()).text == "Mine."


def test_a_disk_that_refuses_is_reported_and_a_later_try_works(root: Path) -> None:
    root.parent.mkdir()
    root.write_text("in the way")
    journal = Journal(root)
    with pytest.raises(OSError, match=r"File exists|Not a directory"):
        journal.write(record("Mine."))
    root.unlink()
    journal.write(record("Mine."))
    die(journal)
    assert [each.read().text for each in leftovers(root)[0]] == ["Mine."]


def test_a_folder_that_is_tidied_away_is_made_again(root: Path) -> None:
    journal = Journal(root)
    journal.write(record("Mine."))
    shutil.rmtree(root)
    journal.write(record("Mine again."))
    die(journal)
    assert [each.read().text for each in leftovers(root)[0]] == ["Mine again."]


def test_what_cannot_be_deleted_is_no_obstacle(root: Path) -> None:
    journal = Journal(root)
    journal.write(record("Mine."))
    (path,) = root.rglob("record")
    path.unlink()
    (path / "in the way").mkdir(parents=True)
    journal.close()
    journal = Journal(root)
    journal.write(record("Mine."))
    shutil.rmtree(root)
    journal.close()


def test_somebody_who_tidies_up_may_be_quicker(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    acquire = FileLock.acquire
    gone: list[Path] = []

    def too_late(path: Path) -> FileLock | None:
        if not gone:
            gone.append(path.parent)
            path.parent.rmdir()
        return acquire(path)

    monkeypatch.setattr(FileLock, "acquire", too_late)
    journal = Journal(root)
    journal.write(record("Mine."))
    assert gone
    die(journal)
    assert [each.read().text for each in leftovers(root)[0]] == ["Mine."]


def descriptors() -> int:
    return len([*Path("/dev/fd").iterdir()])


@pytest.mark.skipif(not Path("/dev/fd").is_dir(), reason="no list of what is open")
def test_nothing_stays_open(root: Path) -> None:
    before = descriptors()
    journal = Journal(root)
    journal.write(record("Mine."))
    assert descriptors() == before + 1
    journal.close()
    assert descriptors() == before
    for text, clears in (("Saved.", False), ("", True), ("Damaged.", False), ("Mine.", False)):
        journal = Journal(root)
        journal.write(record(text))
        if clears:
            assert journal._folder is not None
            (journal._folder / "record").unlink()
        if text == "Damaged.":
            (path,) = (it for it in root.rglob("record") if it.read_bytes().endswith(b"Damaged."))
            path.write_bytes(b"")
        die(journal)
    (found,), _ = leftovers(root, lambda record: record.text == "Saved.")
    assert descriptors() == before + 1
    found.discard()
    assert descriptors() == before
    assert [path.name for path in root.rglob("*") if path.is_file()] == ["damaged"]
    assert leftovers(root) == ([], [])
    assert descriptors() == before


def test_no_more_are_offered_at_once_than_can_be_shown(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio.manuscript.journal._MOST", 2)
    for number in range(3):
        journal = Journal(root)
        journal.write(record(f"Text {number}.", number))
        die(journal)
    shares: list[float] = []
    first, problems = leftovers(root, at=shares.append)
    assert (len(first), problems) == (2, [])
    assert shares == [0.0, 1 / 3, 1.0]
    offered = [leftover.glance.begins for leftover in first]
    assert offered == sorted(offered, reverse=True)
    for leftover in first:
        leftover.discard()
    (last,), _ = leftovers(root)
    assert {*offered, last.glance.begins} == {"Text 0.", "Text 1.", "Text 2."}
    last.leave()


def test_a_damaged_one_that_cannot_be_set_aside_stays(root: Path) -> None:
    journal = Journal(root)
    journal.write(record("Damaged."))
    die(journal)
    (path,) = root.rglob("record")
    path.write_bytes(b"x")
    (path.parent / "damaged" / "a folder").mkdir(parents=True)
    for _ in range(2):
        found, (problem,) = leftovers(root)
        assert found == []
        assert f"“{path}”" in problem
        assert "could not be recovered: it does not begin as a recovery file does." in problem
        assert path.read_bytes() == b"x"


def test_why_a_record_cannot_be_read_and_where_it_is_are_reported(root: Path) -> None:
    (root / "a" / "record").mkdir(parents=True)
    (root / "b").mkdir()
    (root / "b" / "record").write_bytes(b"kelvin-studio-recovery 7 abc\n")
    _, problems = leftovers(root)
    folder, newer = problems
    assert str(root / "a" / "damaged") in folder
    assert "could not be recovered: Is a directory. What there is" in folder
    assert f"“{root / 'b' / 'record'}”: it was written by a later version" in newer


def test_a_glance_shows_the_text_about_the_caret() -> None:
    text = "".join(f"{number:05d}" for number in range(5000))
    path = Path("/a/tale.txt")
    kept = RecoveryRecord(TextFile(text), (), "A brief.", 12_000, path, None, 5.0)
    glance = Glance.of(kept)
    assert (glance.path, glance.written_at, glance.has_brief, glance.words) == (path, 5.0, True, 1)
    assert glance.begins == text[:240]
    assert glance.before == text[4_000:12_000]
    assert glance.behind == text[12_000:14_000]
    short = Glance.of(RecoveryRecord(TextFile("Once more."), (), "", 5, None, None, 1.0))
    assert (short.before, short.behind, short.path, short.has_brief) == (
        "Once ",
        "more.",
        None,
        False,
    )


def test_without_a_text_the_brief_is_shown() -> None:
    glance = Glance.of(RecoveryRecord(TextFile(""), (), "A tale of two.", 0, None, None, 1.0))
    assert (glance.begins, glance.words, glance.has_brief) == ("A tale of two.", 0, True)


def test_the_size_of_all_is_reported(root: Path) -> None:
    assert leftovers_size(root) == 0
    journals = [Journal(root), Journal(root)]
    for journal in journals:
        journal.write(record("Mine."))
    sizes = [path.stat().st_size for path in root.rglob("record")]
    assert leftovers_size(root) == sum(sizes) > 0
    journals[0].close()
    assert leftovers_size(root) == sizes[0]
    for journal in journals:
        journal.close()


def test_a_kill_at_any_moment_leaves_a_whole_record(root: Path) -> None:
    for _ in range(5):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(root)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        ) as writer:
            assert writer.stdout
            assert writer.stdout.readline() == "written\n"
            writer.kill()
        (leftover,), problems = leftovers(root)
        assert problems == []
        number = int(leftover.glance.written_at)
        assert number >= 3
        assert leftover.read().text == f"{number:08d}" * 20_000
        leftover.discard()
        assert list(root.iterdir()) == []


def test_an_offer_is_small_however_long_the_text(root: Path) -> None:
    text = "word " * 200_000
    for number in range(3):
        journal = Journal(root)
        kept = RecoveryRecord(TextFile(text), (), "", 500_000, None, None, float(number))
        journal.write(kept)
        die(journal)
    assert 3_000_000 < leftovers_size(root) < 3_001_000
    tracemalloc.start()
    try:
        found, _ = leftovers(root)
        held, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert [each.glance.words for each in found] == [200_000] * 3
    assert held < 200_000, "no text is kept"
    assert most < 8_000_000, "one is read after the other"
    glance = found[0].glance
    assert (len(glance.before), len(glance.behind), len(glance.begins)) == (8_000, 2_000, 240)
    assert found[0].read().text == text


def test_who_ends_the_looking_lets_go_of_what_was_found(root: Path) -> None:
    for text in ("First.", "Second."):
        journal = Journal(root)
        journal.write(record(text))
        die(journal)
    for last in (0.5, 1.0):

        def end(share: float, last: float = last) -> None:
            if share == last:
                raise InterruptedError

        with pytest.raises(InterruptedError):
            leftovers(root, at=end)
    assert len(leftovers(root)[0]) == 2


def test_what_is_saved_is_deleted(root: Path) -> None:
    for text in ("Saved.", "Mine."):
        journal = Journal(root)
        journal.write(record(text))
        die(journal)
    found, problems = leftovers(root, lambda record: record.text == "Saved.")
    assert [each.read().text for each in found] == ["Mine."]
    assert problems == []
    found[0].leave()
    assert len(list(root.iterdir())) == 1


@hypothesis.given(text=strategies.text(strategies.sampled_from("ab \n\u3000🐟")))
def test_words_are_counted_in_bites_as_at_once(text: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("studio.manuscript.journal.BITE", 3)
        assert Glance.of(record(text)).words == len(text.split())


@hypothesis.given(text=strategies.text())
def test_a_record_is_read_in_bites_as_at_once(text: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("studio.manuscript.recovery.BITE", 3)
        kept = record(text)
        assert RecoveryRecord.of_bytes(kept.to_bytes()) == kept
