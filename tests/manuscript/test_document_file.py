"""`.kelvin` files: what is kept comes back, whatever was done to the text; what is damaged does not
hurt."""

from __future__ import annotations

import gc
import os
import random
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule
from msgspec.structs import replace

from studio.manuscript import (
    Manuscript,
    Note,
    Origin,
    OwnSampling,
    Passage,
    PromptPassage,
    PromptPlan,
    TokenSpans,
)
from studio.manuscript.document import MOST_RUNS, Document, KeptRun, with_run
from studio.manuscript.document_file import (
    DocumentError,
    NewerDocumentError,
    document_of_bytes,
    document_to_bytes,
)
from studio.manuscript.document_schema import VERSION, make
from studio.manuscript.document_tables import DocumentTables
from studio.manuscript.place import Place
from studio.manuscript.takes import TakeSet
from studio.manuscript.token_groups import whole_groups
from studio.sampling import SamplingParams
from tests.helpers.documents import described, document_of, sea
from tests.helpers.truncated import cut_off
from tests.manuscript.test_token_spans_properties import SpansMachine, anywhere

FORMS = Path(__file__).parents[1] / "data" / "forms"


class DocumentMachine(SpansMachine):
    """What happens to a manuscript, and a file of it after each step."""

    def __init__(self) -> None:
        super().__init__()
        self.connection = sqlite3.connect(":memory:")
        make(self.connection)
        self.tables = DocumentTables(self.connection)

    @precondition(lambda self: self.take is None)
    @rule(
        start=anywhere,
        length=st.integers(0, 9),
        own=st.sampled_from([None, OwnSampling(0.3), OwnSampling(1.5, "Calm", SamplingParams())]),
    )
    def is_brushed(self, start: int, length: int, own: OwnSampling | None) -> None:
        start %= len(self.manuscript) + 1
        self.manuscript.brush(start, min(start + length, len(self.manuscript)), own)

    @rule()
    def is_saved_and_opened_anew(self) -> None:
        document = document_of(self.manuscript)
        again = document_of_bytes(document_to_bytes(document))
        assert described(again) == described(document)
        # As in the manuscript, what stands in the text and in a take is one.
        kept = {id(record) for one in again.take_sets for t in one.takes for record in t.records}
        standing = [
            record
            for _, group in whole_groups(again.text, again.passage.marks or ())
            for record in group.records
        ]
        mine = {id(record) for one in document.take_sets for t in one.takes for record in t.records}
        assert [id(record) in kept for record in standing] == [
            id(record) in mine
            for _, group in whole_groups(document.text, document.passage.marks or ())
            for record in group.records
        ]
        reopened = Manuscript()
        reopened.restore(again.passage, again.take_sets)
        spans = TokenSpans(reopened)
        spans.set_source("another")
        spans.set_source(self.spans.source)
        assert reopened.text == document.text
        if self.manuscript.waiting is None:
            assert document.text == self.manuscript.text
        assert reopened.is_clean
        assert not reopened.can_undo
        if self.take is None:
            for shown in range(len(reopened) + 1):
                meant = self.manuscript.take_set_at(shown, shown)
                found = reopened.take_set_at(shown, shown)
                assert (meant and meant.place) == (found and found.place)

    @invariant()
    def what_is_written_over_the_last_is_what_is(self) -> None:
        document = document_of(self.manuscript)
        self.tables.write(document)
        assert described(DocumentTables(self.connection).read()) == described(document)
        [(count,)] = self.connection.execute("SELECT count(*) FROM token").fetchall()
        known = {
            id(record)
            for passage in (
                document.passage,
                *(take.passage for one in document.take_sets for take in one.takes),
            )
            for _, group in whole_groups(passage.text, passage.marks or ())
            for record in group.records
        } | {id(record) for one in document.take_sets for t in one.takes for record in t.records}
        assert count == len(known), "each once, and none that nothing refers to"

    def teardown(self) -> None:
        self.connection.close()


DocumentMachine.TestCase.settings = settings(max_examples=30, stateful_step_count=20, deadline=None)
TestDocument = DocumentMachine.TestCase


def test_a_text_with_takes_within_takes_comes_back() -> None:
    document = sea()
    assert len(document.take_sets) == 2
    assert document.take_sets[0].takes[0].nested
    data = document_to_bytes(document)
    again = document_of_bytes(data)
    assert described(again) == described(document)
    sequences = {id(record.sequence) for record in again.take_sets[0].takes[0].records}
    assert len(sequences) == 1, "one list for all"
    manuscript = Manuscript()
    manuscript.restore(again.passage, again.take_sets)
    takes = manuscript.take_set_at(16, 16)
    assert takes
    manuscript.step_take(takes, -1)
    assert manuscript.text == "It begins. The sea (deep) was calmAnd ends."
    nested = manuscript.take_set_at(25, 25)
    assert nested is again.take_sets[1]
    assert document_of_bytes(document_to_bytes(document_of(manuscript))).text == manuscript.text


def test_the_same_document_has_the_same_bytes() -> None:
    assert document_to_bytes(sea()) == document_to_bytes(sea())


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40))
def test_any_text_comes_back(text: str) -> None:
    document = Document((Passage.of(text, Origin.GENERATED),), caret=len(text), brief=text)
    assert document_of_bytes(document_to_bytes(document)) == document


RUNS = (
    KeptRun("01764430000000000001-0a1b2c3d", b'{"format": "kelvin-studio comparison"}'),
    KeptRun("01764430000000000002-00000000", b"whatever"),
)


def noted() -> Document:
    """One with notes and passages, and with runs of lanes."""
    plan = PromptPlan(
        notes=(
            Note(name="Mara", text="His daughter.\n🐟", sent="called", keys="Mara, daughter"),
            Note(name="Rain", text="[It rains.]", sent="near", paragraphs=2, most=9, is_on=False),
            Note(),
        ),
        passages=(PromptPassage(0, 3, is_pinned=True), PromptPassage(4, 20, is_pinned=False)),
        looked_at=7,
        most_called=99,
        has_brief=False,
        most_brief=3,
        most_text=1_000,
    )
    return replace(sea(), plan=plan, runs=RUNS)


def test_notes_and_passages_come_back() -> None:
    data = document_to_bytes(noted())
    assert described(document_of_bytes(data)) == described(noted())
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.deserialize(data)
        rows = connection.execute("SELECT name, text FROM note ORDER BY id").fetchall()
        assert rows[:2] == [("Mara", "His daughter.\n🐟"), ("Rain", "[It rains.]")]
        tables = DocumentTables(connection)
        tables.read()
        tables.write(sea())
        again = DocumentTables(connection).read()
        assert described(again) == described(sea()), "what was there before has gone"


def test_what_a_program_that_knows_sqlite_finds(tmp_path: Any) -> None:
    path = tmp_path / "a.kelvin"
    path.write_bytes(document_to_bytes(sea()))
    with closing(sqlite3.connect(path)) as connection:
        [(text,)] = connection.execute(
            "SELECT text FROM document JOIN passage ON passage.id = document.passage"
        ).fetchall()
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    assert text == "It begins. A stormAnd ends."


def test_a_write_that_fails_leaves_what_was_there() -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        make(connection)
        DocumentTables(connection).write(sea())
        broken = Document((Passage.of("New.", Origin.TYPED),), (TakeSet(Place(0, 0), used=2**70),))
        with pytest.raises(OverflowError):
            DocumentTables(connection).write(broken)
        assert described(DocumentTables(connection).read()) == described(sea())


def test_runs_of_lanes_come_back_and_are_written_once() -> None:
    data = document_to_bytes(noted())
    assert document_of_bytes(data).runs == RUNS
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.deserialize(data)
        tables = DocumentTables(connection)
        first, second = tables.read().runs
        # A run that is there is not looked at again: whoever asks finds what was put there.
        connection.execute("UPDATE run SET comparison = x'ff'")
        later = second._replace(name="01764430000000000003-00000000")
        tables.write(replace(sea(), runs=(first, later)))
        assert DocumentTables(connection).read().runs == (first._replace(data=b"\xff"), later)
        tables.write(replace(sea(), runs=(first._replace(data=b"turned"),)))
        [again] = DocumentTables(connection).read().runs
        assert again == (first.name, b"turned")


def test_the_oldest_runs_go(monkeypatch: pytest.MonkeyPatch) -> None:
    runs: tuple[KeptRun, ...] = ()
    for number in range(MOST_RUNS + 3):
        runs = with_run(runs, KeptRun(f"{number:020d}-00000000", b"12345"))
    assert [int(run.name[:20]) for run in runs] == list(range(3, MOST_RUNS + 3))
    monkeypatch.setattr("studio.manuscript.document.DOCUMENT_RUNS", 20)
    runs = with_run(runs[-3:], KeptRun(runs[-2].name, b"12345678"))
    assert [int(run.name[:20]) for run in runs] == [24, 25, 26]
    # However old it is, the one that was gone on with stays.
    runs = with_run(runs, KeptRun(runs[0].name, b"1234567890123456"))
    assert [int(run.name[:20]) for run in runs] == [24]


# What strangers bring


def changed(*statements: str, script: str = "") -> bytes:
    """A document whose tables somebody changed."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.deserialize(document_to_bytes(noted()))
        for statement in statements:
            connection.execute(statement)
        connection.commit()
        connection.executescript(script)
        return connection.serialize()


def packed(value: object) -> str:
    return f"x'{msgspec.msgpack.encode(value).hex()}'"


FACTS = {
    **{"seed": 1, "temperatures": [], "preset": "", "name": "", "ending": "", "turns": []},
    **{"cut": None, "written_from": b"", "given": 0},
}


def groups(*some: tuple[int, int, int, list[int]], cut: int = 0) -> str:
    """Groups of tokens as a passage has them: start, length, source, rows; bytes short of a row."""
    columns = {
        "starts": [start for start, *_ in some],
        "lengths": [length for _, length, *_ in some],
        "sources": [source for *_, source, _ in some],
        "counts": [len(rows) for *_, rows in some],
        "tokens": [row for *_, rows in some for row in rows],
    }
    values = {name: np.array(column, "<i4").tobytes() for name, column in columns.items()}
    values["tokens"] = values["tokens"][: len(values["tokens"]) - cut]
    return packed(values)


def test_what_was_not_changed_is_read() -> None:
    assert described(document_of_bytes(changed("SELECT 1"))) == described(noted())


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("UPDATE document SET caret = -1", "the caret is at -1 of 27"),
        ("UPDATE document SET caret = 28", "the caret is at 28 of 27"),
        ("UPDATE document SET passage = 99", "what belongs together"),
        ("UPDATE document SET brief = char(0)", "null character"),
        ("DELETE FROM document", "what belongs together|not enough values"),
        ("DELETE FROM token", "what belongs together"),
        ("DELETE FROM sequence", "what belongs together"),
        ("DELETE FROM source", "what belongs together"),
        ("UPDATE passage SET text = text || 'x'", "who wrote it"),
        (f"UPDATE passage SET origins = {packed([(27, 9)])}", "Invalid enum value"),
        (f"UPDATE passage SET origins = {packed([(-1, 0), (28, 0)])}", "who wrote it"),
        (f"UPDATE passage SET groups = {groups((0, 0, 1, [1]))}", "no token stands"),
        (f"UPDATE passage SET groups = {groups((0, 99, 1, [1]))}", "no token stands"),
        (f"UPDATE passage SET groups = {groups((0, 1, 1, []))}", "no token stands"),
        (f"UPDATE passage SET groups = {groups((3, 1, 1, [1]), (3, 1, 1, [1]))}", "no token"),
        (f"UPDATE passage SET groups = {groups((0, 1, 1, [1]), cut=4)}", "a token is missing"),
        (f"UPDATE passage SET groups = {groups((0, 1, 1, [99]))}", "what belongs together"),
        (f"UPDATE passage SET groups = {packed('no')}", "Expected `object`"),
        ("UPDATE passage SET groups = x''", "truncated"),
        (f"UPDATE take_set SET place = {packed((0, 99, None, False))}", "no place"),
        (f"UPDATE take_set SET place = {packed((3, 2, None, False))}", "no place"),
        (f"UPDATE take_set SET place = {packed((0, 1, 2, False))}", "no place"),
        (f"UPDATE take_set SET place = {packed((0, 1, -1, False))}", "no place"),
        (f"UPDATE nested SET place = {packed((0, 99, None, False))}", "no place"),
        (f"UPDATE take_set SET used = {2**63 - 1}", "no set was used"),
        ("UPDATE take_set SET used = -1", "no set was used"),
        ("UPDATE nested SET number = 7", "what belongs together"),
        ("UPDATE take SET number = 7 WHERE number = 1", "a take is missing"),
        ("UPDATE take SET behind = 99", "what belongs together"),
        ("UPDATE take SET model = 99", "what belongs together"),
        (f"UPDATE model SET record = {packed({'name': 'x' * 1001})}", "length <= 1000"),
        (f"UPDATE model SET record = {packed({'name': 'x', 'bytes': -1})}", "Expected `int` >= 0"),
        (f"UPDATE take SET facts = {packed(FACTS | {'seed': -1})}", "Expected `int` >= 0"),
        (
            f"UPDATE take SET facts = {packed(FACTS | {'temperatures': ['hot']})}",
            "Expected `float`",
        ),
        (f"UPDATE take SET facts = {packed(FACTS | {'turns': [[0, {'top_k': -5}]]})}", "top_k"),
        (f"UPDATE take SET facts = {packed({})}", "missing required field"),
        ("UPDATE sequence SET ids = x'ffffffff'", "no token has a number below 0"),
        ("UPDATE sequence SET ids = x'ff'", "buffer size"),
        ("UPDATE token SET position = -1", "no token stands at -1"),
        (f"UPDATE token SET record = {packed({'id': -5})}", "Expected `int` >= 0"),
        (f"UPDATE source SET name = {packed({'a': 1})}", "Expected `str"),
        ("UPDATE note SET text = char(0)", "null character"),
        (f"UPDATE note SET name = '{'n' * 201}'", "length <= 200"),
        ("UPDATE note SET text = hex(zeroblob(60000))", "length <= 100000"),
        (f"UPDATE note SET facts = {packed({'paragraphs': 0})}", ">= 1"),
        (f"UPDATE note SET facts = {packed({'keys': 'k' * 2_001})}", "length <= 2000"),
        (f"UPDATE note SET facts = {packed([])}", "Expected `object`"),
        (
            "WITH RECURSIVE n(i) AS (SELECT 4 UNION ALL SELECT i + 1 FROM n WHERE i < 1001) "
            f"INSERT INTO note SELECT i, '', '', {packed({})} FROM n",
            "more than 1,000 notes",
        ),
        (f"UPDATE plan SET facts = {packed({'looked_at': 101})}", "<= 100"),
        (f"UPDATE plan SET facts = {packed({'passages': [[2, 1, True]]})}", "no passage is from"),
        (f"UPDATE plan SET facts = {packed({'passages': [[0, 2**40, True]]})}", "Expected `int`"),
        ("UPDATE run SET name = '../../x' || name", "no run is called"),
        ("UPDATE run SET comparison = zeroblob(5000000)", "keeps 2 runs of 10,000,000 bytes"),
        (
            "WITH RECURSIVE n(i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < 32) "
            "INSERT INTO run SELECT '01764430000000000003-000000' || i, x'' FROM n",
            "keeps 25 runs",
        ),
        ("PRAGMA user_version = 0", "its tables are not those"),
        ("CREATE VIEW v AS SELECT * FROM token", "its tables are not those"),
        ("CREATE TABLE more (x)", "its tables are not those"),
        (
            "CREATE TRIGGER t AFTER DELETE ON token BEGIN SELECT load_extension('x'); END",
            "its tables are not those",
        ),
    ],
)
def test_tables_that_are_no_documents_are_refused(statement: str, why: str) -> None:
    with pytest.raises(DocumentError, match=f"^it is damaged: .*({why})"):
        document_of_bytes(changed(statement))


def test_a_passage_that_the_text_does_not_have_goes() -> None:
    facts = packed({"passages": [[0, 2, True], [3, 99, True]]})
    plan = document_of_bytes(changed(f"UPDATE plan SET facts = {facts}")).plan
    assert plan.passages == (PromptPassage(0, 2, is_pinned=True),)


def test_a_take_that_was_shortened_below_what_it_was_begun_with_is_read() -> None:
    # Until 29 November 2026 that was written as it had been begun.
    again = document_of_bytes(changed(f"UPDATE take SET facts = {packed(FACTS | {'given': 99})}"))
    takes = [take for one in again.take_sets for take in one.takes]
    assert [take.given for take in takes] == [len(take.text) for take in takes]
    manuscript = Manuscript("The sea was calm.")
    manuscript.branch(4, 7, Passage.of("hill", Origin.TYPED))
    manuscript.end_take()
    [takes_there] = manuscript.take_sets
    manuscript.edit(5, 3, "")
    manuscript.step_take(takes_there, -1)
    document = document_of(manuscript)
    assert described(document_of_bytes(document_to_bytes(document))) == described(document)
    assert takes_there.takes[1].given == 1


def test_the_collector_looks_through_no_marks_of_a_text() -> None:
    marks = document_of_bytes(document_to_bytes(sea())).passage.marks
    assert marks
    assert any(marks)
    assert not any(map(gc.is_tracked, marks))


def test_a_later_form_and_another_program_s_database_are_distinguished() -> None:
    with pytest.raises(NewerDocumentError, match=f"form {VERSION + 1}"):
        document_of_bytes(changed(f"PRAGMA user_version = {VERSION + 1}"))
    with pytest.raises(DocumentError, match="does not begin"):
        document_of_bytes(changed("PRAGMA application_id = 5"))
    with pytest.raises(DocumentError, match="does not begin"):
        document_of_bytes(b"It begins.")


@pytest.mark.parametrize("form", range(1, VERSION))
def test_a_document_of_each_form_before_is_read(form: int) -> None:
    data = (FORMS / f"{form}.kelvin").read_bytes()
    assert int.from_bytes(data[60:64]) == form
    expected = sea()
    for takes in expected.take_sets:
        for take in takes.takes:
            if form < 2:
                take.follows = None  # which no version said that wrote this form first
            if form < 4:
                take.model = None
    assert described(document_of_bytes(data)) == described(expected)


def test_any_damage_is_found_or_harmless() -> None:
    data = document_to_bytes(sea())
    rng = random.Random(5)
    refused = 0
    for _ in range(300):
        damaged = bytearray(data)
        for _ in range(rng.randint(1, 4)):
            damaged[rng.randrange(len(data))] = rng.randrange(256)
        if rng.random() < 0.2:
            del damaged[rng.randrange(len(data)) :]
        try:
            document_to_bytes(document_of_bytes(bytes(damaged)))
        except DocumentError:
            refused += 1
    assert refused > 20


def test_records_from_a_server_come_back() -> None:
    document = sea()
    logits = np.random.default_rng(2).normal(scale=3.0, size=2000)
    sketch = cut_off(logits, 300).to_bytes()
    take = document.take_sets[0].takes[0]
    take.records[0] = msgspec.structs.replace(take.records[0], sketch=sketch)
    again = document_of_bytes(document_to_bytes(document)).take_sets[0].takes[0]
    assert again.records[0].sketch == sketch
    assert again.records[0].is_estimated
    assert not again.records[1].is_estimated


def test_a_record_that_is_no_record_is_refused() -> None:
    data = changed(f"UPDATE token SET record = {packed({'id': 1, 'sketch': b'no sketch'})}")
    with pytest.raises(DocumentError):
        document_of_bytes(data)


def test_takes_of_before_do_not_say_how_they_are_followed() -> None:
    document = sea()
    for one in document.take_sets:
        for take in one.takes:
            take.follows = 2.5
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.deserialize(document_to_bytes(document))
        for number, index, facts in connection.execute(
            "SELECT take_set, number, facts FROM take"
        ).fetchall():
            said = msgspec.msgpack.decode(facts)
            assert said.pop("follows") == 2.5
            connection.execute(
                "UPDATE take SET facts = ? WHERE take_set = ? AND number = ?",
                (msgspec.msgpack.encode(said), number, index),
            )
        connection.commit()
        again = document_of_bytes(connection.serialize())
    follows = [take.follows for one in again.take_sets for take in one.takes]
    assert follows == [None] * len(follows)
    assert follows


@pytest.mark.parametrize("follows", [-1.0, 65.0, "much"])
def test_how_a_take_is_followed_is_a_number_of_bits(follows: object) -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.deserialize(document_to_bytes(sea()))
        (facts,) = connection.execute("SELECT facts FROM take").fetchone()
        said = msgspec.msgpack.decode(facts) | {"follows": follows}
        connection.execute("UPDATE take SET facts = ?", (msgspec.msgpack.encode(said),))
        connection.commit()
        with pytest.raises(DocumentError):
            document_of_bytes(connection.serialize())


ROOT = Path(__file__).parents[2]
_AT_ONCE = """
import sys, threading
from pathlib import Path
from studio.manuscript.document_file import document_of_bytes

data = Path(sys.argv[1]).read_bytes()
sys.setswitchinterval(1e-6)
together = threading.Barrier(8)

def read():
    together.wait()
    document_of_bytes(data)

threads = [threading.Thread(target=read) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""


def test_several_threads_read_the_first_documents_of_a_process_at_once(tmp_path: Path) -> None:
    # One process in four died of it.
    path = tmp_path / "Sea.kelvin"
    path.write_bytes(document_to_bytes(sea()))
    command = [sys.executable, "-P", "-c", _AT_ONCE, str(path)]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    running = [subprocess.Popen(command, env=env) for _ in range(12)]
    assert [process.wait() for process in running] == [0] * 12
