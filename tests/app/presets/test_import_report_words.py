import math

import pytest

from studio.app.presets.import_report_words import (
    Left,
    as_lines,
    left,
    left_behind,
    lost_words,
    refused_row,
    sums_up,
    taken_in,
    value_text,
)
from studio.presets import Preset, PresetDocument
from studio.presets.foreign import Carried, Imported, NotCarried

TFS = NotCarried("tfs", 0.5, why="Tail-free sampling.")
IDLE = NotCarried("top_a", 0, had_effect=False, why="Top-a.")


def imported(*lost: NotCarried) -> Imported:
    return Imported(PresetDocument(Preset(name="Warm")), "SillyTavern", lost)


def test_one_preset_is_reported_with_its_program_and_what_it_lost() -> None:
    assert taken_in([("Warm 2", imported())]) == "“Warm 2” was imported from SillyTavern."
    assert taken_in([("Warm", imported(TFS, IDLE))]) == (
        "“Warm” was imported from SillyTavern. Not carried over: tfs 0.5."
    )


def test_several_are_reported_at_once_with_those_refused() -> None:
    words = taken_in([("A", imported(TFS)), ("B", imported())], ["“c.json”: It is not valid."])
    assert words == (
        "2 presets were imported: “A”, “B”. Not carried over: tfs 0.5. “c.json”: It is not valid."
    )
    assert taken_in([], ["It is no preset."]) == "It is no preset."


def test_a_notice_is_short_and_says_how_many_more() -> None:
    many = [NotCarried(f"key{number}", "x" * 50) for number in range(8)]
    words = lost_words([*many, IDLE])
    assert words.endswith(f"key5 {'x' * 40}… and 2 more.")
    assert lost_words([IDLE]) == ""


def test_of_many_presets_what_all_lost_is_said_once_and_one_refusal_stands_for_all() -> None:
    many = [(f"P{number}", imported(TFS)) for number in range(9)]
    words = taken_in(many, [f"“{number}.png”: It is no text." for number in range(40)], ["Ended."])
    assert "Not carried over: tfs 0.5." in words
    assert words.endswith("40 files are refused: “0.png”: It is no text. So are 39 others. Ended.")
    three = taken_in([], ["“a”: no.", "“b”: no.", "“c”: no."])
    assert three == "“a”: no. “b”: no. “c”: no."


def test_refused_files_are_rows_too() -> None:
    rows = [refused_row("a.png", "“a.png”: It is no text.")]
    assert sums_up(rows) == "1 file was refused; the last column says why."
    both = sums_up([*rows, *rows, *left("Warm", [TFS])])
    assert both.startswith("2 files were refused; the last column says why. What these settings")


def test_all_of_it_is_left_whole_what_had_an_effect_first() -> None:
    long = NotCarried("grammar", "x" * 5000)
    rows = left("Warm", [IDLE, long, TFS])
    assert rows == [
        Left("Warm", "grammar", "x" * 5000, ""),
        Left("Warm", "tfs", "0.5", "Tail-free sampling."),
        Left("Warm", "top_a", "0", "It did nothing. Top-a.", False),
    ]
    assert as_lines([Left("A\tB", "k", '"a\nb"', "")]) == (
        'Preset\tSetting\tValue\tWhy\nA B\tk\t"a b"\t\n'
    )


def test_what_is_carried_and_to_be_known_and_what_the_file_is_silent_on_is_reported() -> None:
    idle = Carried("rep_pen", 1.1, ("repeat_penalty",), acts=False, why="Over `0` tokens.")
    plain = Carried("temp", 0.7, ("temperature",))
    document = PresetDocument(Preset(name="Warm"))
    whole = Imported(document, "Ollama", (TFS,), (idle, plain), (("top_k", 40), ("top_p", 0.9)))
    silent = "The file is silent on it; this is the value in Ollama."
    assert left_behind("Warm", whole) == [
        Left("Warm", "tfs", "0.5", "Tail-free sampling."),
        Left("Warm", "rep_pen", "1.1", "Over 0 tokens.", False),
        Left("Warm", "top_k", "40", silent, False),
        Left("Warm", "top_p", "0.9", silent, False),
    ]
    assert taken_in([("Warm", whole)]) == (
        "“Warm” was imported from Ollama. Not carried over: tfs 0.5. As in Ollama where the file "
        "is silent: top_k 40, top_p 0.9."
    )
    assert "silent" not in taken_in([("A", whole), ("B", whole)])  # the table has it


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a b", "a b"), ("a\nb", '"a\\nb"'), (None, "null"), (True, "true"), ([1, "x"], '[1,"x"]'),
        (math.inf, "infinity"), ({"a": -1}, '{"a":-1}'),
    ],
)  # fmt: skip
def test_values_are_shown_as_a_file_has_them(value: object, text: str) -> None:
    assert value_text(value) == text


def test_the_words_over_the_table_speak_of_grey_rows_only_where_there_are_some() -> None:
    both = left("Warm", [TFS, IDLE])
    assert sums_up(both).startswith("1 of these settings did something")
    assert "in grey" in sums_up(both)
    for rows in (left("Warm", [TFS]), left("Warm", [IDLE])):
        assert "grey" not in sums_up(rows)
    assert "did nothing" in sums_up(left("Warm", [IDLE]))
    assert "did nothing" not in sums_up(left("Warm", [TFS]))
