"""Rows until each prompt has its own: judged, kept, gone on with after any kill."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest

from studio.experiments.augmentation.errors import AugmentationError
from studio.experiments.augmentation.journal import ROWS
from studio.experiments.augmentation.plan import Screen
from studio.experiments.samples import Sample
from tests.experiments.augmentation.desk import MadeUp, unlike, words


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "rows.jsonl.journal"


def test_each_prompt_gets_its_rows(path: Path) -> None:
    desk = MadeUp(path, prompts=3)
    begun = desk.write(unlike)
    assert begun == [(row, number) for row in range(3) for number in range(3)]
    assert (desk.made.rows, desk.made.wanted, desk.made.short) == (9, 9, 0)
    rows = list(desk.made.finished_rows())
    assert [row.id for row in rows] == [f"{row}-{number}" for row, number in begun]
    assert rows[4].text == words((1, 1), 12)
    assert (rows[4].prompt, rows[4].model, rows[4].model_hash) == ("Prompt 1", "Tiny", "sha256:ab")
    assert (rows[4].temperature, rows[4].beta, rows[4].preset) == (1.0, 1.0, "N")
    assert {row.similarity for row in rows} == {0.0}
    desk.journal.close()


def test_for_each_that_is_dropped_another_is_written(path: Path) -> None:
    desk = MadeUp(path)
    begun = desk.write(lambda sample: "the same" if sample.key[1] < 2 else unlike(sample))
    assert desk.made.rows == 6
    assert desk.made.short == 0
    assert Counter(begun).most_common(1)[0][1] == 1
    assert desk.made.verdicts == {"row": 6, "dropped_duplicate": 3}
    texts = [row.text for row in desk.made.finished_rows()]
    assert texts.count("the same") == 1
    desk.journal.close()


def test_a_prompt_is_given_up_after_its_tries(path: Path) -> None:
    desk = MadeUp(path, tries=5)
    begun = desk.write(lambda sample: "" if sample.key[0] == 0 else unlike(sample))
    assert [key for key in begun if key[0] == 0] == [(0, number) for number in range(5)]
    assert (desk.made.rows, desk.made.short, desk.made.verdicts["empty"]) == (3, 1, 5)
    desk.journal.close()


def test_a_prompt_without_room_is_tried_no_more(path: Path) -> None:
    desk = MadeUp(path, prompts=1, tries=50, samples=20)
    first, second = desk.made.next_sample(), desk.made.next_sample()
    assert first
    assert second
    desk.take(first, "", "context_full")
    desk.take(second, "", "context_full")
    assert desk.made.next_sample() is None
    assert desk.made.verdicts == {"no_room": 2}
    desk.journal.close()


@pytest.mark.parametrize(
    ("duplicates", "verdicts", "marks"),
    [
        ("drop", {"row": 2, "dropped_duplicate": 1, "dropped_near_duplicate": 1}, ["", ""]),
        ("mark", {"row": 2, "duplicate": 1, "near_duplicate": 1}, ["", "exact", "near", ""]),
        ("keep", {"row": 4}, ["", "", "", ""]),
    ],
)
def test_what_becomes_of_duplicates(
    path: Path, duplicates: str, verdicts: dict[str, int], marks: list[str]
) -> None:
    desk = MadeUp(path, 1, samples=4, tries=4, screen=Screen(duplicates=duplicates))  # type: ignore[arg-type] # checked
    text = words((0, 0), 60)
    texts = [text, f" {text}\n", text.replace("n30", "other"), words((0, 1), 60)]
    desk.write(lambda sample: texts[sample.key[1]], lanes=1)
    assert desk.made.verdicts == verdicts
    rows = list(desk.made.finished_rows())
    assert [row.duplicate for row in rows] == marks
    # To its nearest neighbour, be it one that came later.
    assert rows[-1].similarity == 0.0
    if len(rows) == 4:
        assert rows[0].similarity == rows[1].similarity == 1.0
        assert 0.8 <= rows[2].similarity < 1.0
    desk.journal.close()


def test_a_screen_refuses_by_length_pattern_and_schema(path: Path) -> None:
    screen = Screen(
        shortest=3, longest=40, matching=("[a-z]",), without=("bad",), schema=b'{"type": "array"}'
    )
    desk = MadeUp(path, 1, samples=1, tries=6, screen=screen)
    texts = ["ab", "x" * 41, "123", "bad abc", '{"a": 1}', '["abc"]']
    desk.write(lambda sample: texts[sample.key[1]])
    assert [one.verdict for one in sorted(desk.entries, key=lambda it: it.sample)] == [
        "length", "length", "pattern", "pattern", "schema", "row"
    ]  # fmt: skip
    desk.journal.close()


def test_a_pattern_that_would_search_for_hours_is_given_up(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio.experiments.text_measures.form._SECONDS", 0.05)
    desk = MadeUp(path, 1, samples=1, tries=1, screen=Screen(matching=("(a|aa)+$",)))
    desk.write(lambda _sample: "a" * 60 + "b")
    assert desk.made.verdicts == {"slow_pattern": 1}
    desk.journal.close()


@pytest.mark.parametrize(
    ("screen", "said"),
    [
        (Screen(matching=("(",)), "no regular expression"),
        (Screen(schema=b"[]"), "--json-schema"),
        (Screen(schema=b'{"type": 3}'), "no JSON schema"),
        (Screen(schema=b'{"$ref": "http://localhost/x"}'), "refers to"),
    ],
)
def test_a_screen_that_is_none(path: Path, screen: Screen, said: str) -> None:
    with pytest.raises(AugmentationError, match=said):
        MadeUp(path, screen=screen)


def test_it_goes_on_wherever_it_was_killed(path: Path) -> None:
    """At each byte a journal can end: nothing is lost that was kept, and nothing is there twice."""

    def text_of(sample: Sample) -> str:
        return "the same" if sum(sample.key) % 3 == 0 else unlike(sample)

    desk = MadeUp(path, prompts=3, tries=20)
    desk.write(text_of, lanes=4)
    desk.journal.close()
    whole, expected = path.read_bytes(), {row.id: row for row in desk.made.finished_rows()}
    draws = random.Random(1)
    first = whole.index(b"\n") + 1
    for end in [0, 1, first - 1, first, *(draws.randrange(len(whole)) for _ in range(30))]:
        path.write_bytes(whole[:end])
        kept = whole[:end].count(b"\n") - 1
        again = MadeUp(path, prompts=3, tries=20)
        assert again.made.verdicts.total() == max(0, kept)
        begun = again.write(text_of, lanes=4)
        lines = [(line.row, line.sample) for _, line in again.journal.entries()]
        again.journal.close()
        assert len(lines) == len(set(lines)) == max(0, kept) + len(begun)
        assert path.read_bytes().startswith(whole[: whole[:end].rfind(b"\n") + 1])
        assert (again.made.rows, again.made.short) == (9, 0)
        for row in again.made.finished_rows():
            if row.id in expected and row.text != "the same":
                assert row == expected[row.id]


def test_more_rows_can_be_asked_for_later(path: Path) -> None:
    desk = MadeUp(path)
    desk.write(unlike)
    desk.journal.close()
    more = MadeUp(path, samples=5)
    assert sorted(more.write(unlike)) == [(0, 3), (0, 4), (1, 3), (1, 4)]
    assert more.made.rows == 10
    more.journal.close()


def test_what_somebody_chose_holds(path: Path) -> None:
    desk = MadeUp(path, 1, samples=3, tries=9)
    desk.write(lambda sample: "the same" if sample.key[1] in (1, 2) else unlike(sample), lanes=1)
    assert [row.id for row in desk.made.finished_rows()] == ["0-0", "0-1", "0-3"]
    desk.made.choose(0, 0, is_row=False)
    desk.made.choose(0, 2, is_row=True)
    desk.made.choose(0, 2, is_row=True)
    assert desk.made.next_sample() is None, "it has its rows"
    desk.made.choose(0, 3, is_row=False)
    rows = list(desk.made.finished_rows())
    assert [row.id for row in rows] == ["0-1", "0-2"]
    assert rows[1].similarity == 1.0
    desk.journal.close()
    again = MadeUp(path, 1, samples=3, tries=9)
    assert list(again.made.finished_rows()) == rows
    # Another is written in the place of one that was refused.
    assert again.write(unlike) == [(0, 4)]
    again.journal.close()


def test_another_plan_does_not_go_on_with_it(path: Path) -> None:
    MadeUp(path).journal.close()
    before = path.read_bytes()
    with pytest.raises(AugmentationError, match="other settings: template, seed"):
        MadeUp(path, seed=2, template="x{prompt}")
    assert path.read_bytes() == before


def test_two_do_not_write_one_journal(path: Path) -> None:
    desk = MadeUp(path)
    with pytest.raises(AugmentationError, match="another program"):
        MadeUp(path)
    desk.journal.close()
    MadeUp(path).journal.close()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"a story", "line 1"),
        (b"a story\n", "line 1"),
        (b'{"format": "other", "format_version": 1}\n', "line 1"),
        (b"[" * 10_000 + b"\n", "line 1"),
    ],
)
def test_what_is_no_journal_is_left_alone(path: Path, data: bytes, said: str) -> None:
    path.write_bytes(data)
    with pytest.raises(AugmentationError, match=said):
        MadeUp(path)
    assert path.read_bytes() == data


@pytest.mark.parametrize("line", [b"{}", b"x", b"", b'{"row": -1}'])
def test_a_line_that_is_none_is_named(path: Path, line: bytes) -> None:
    desk = MadeUp(path)
    desk.write(unlike)
    desk.journal.close()
    lines = path.read_bytes().split(b"\n")
    lines[3] = line
    path.write_bytes(b"\n".join(lines))
    with pytest.raises(AugmentationError, match="line 4"):
        MadeUp(path)


def test_one_that_is_there_twice_or_of_no_prompt_is_refused(path: Path) -> None:
    desk = MadeUp(path)
    desk.write(unlike)
    desk.journal.close()
    whole = path.read_bytes()
    lines = whole.splitlines(keepends=True)
    for bad in (lines[2], lines[2].replace(b'"row":0', b'"row":9')):
        path.write_bytes(whole + bad)
        with pytest.raises(AugmentationError, match="twice, or for no prompt"):
            MadeUp(path)


def test_verdicts_of_rows_are_those_of_the_output(path: Path) -> None:
    desk = MadeUp(path)
    desk.write(unlike)
    assert sum(one.verdict in ROWS for one in desk.entries) == len(list(desk.made.finished_rows()))
    desk.journal.close()
