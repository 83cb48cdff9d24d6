"""Ollama's quotation rules, read and written: marks at a value's two ends, and no escapes."""

import re

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from studio.presets import Preset, PresetError
from studio.presets.foreign import export
from studio.presets.foreign.ollama import instructions, quoted
from tests.presets.foreign.files import import_one

PIECES = st.lists(
    st.sampled_from(['"', '""', '"""', "\n", "\r\n", "\t", " ", "\\", "\\n", "a", "#", "é", "海",
                     "PARAMETER stop x", "\x00", "\u200b", "\xa0", "<|im_end|>"]),
    max_size=8,
).map("".join)  # fmt: skip


def by_the_rules(written: str) -> str | None:
    """What stands behind SYSTEM, by the rules as they are written down; None where it is open.

    Sign by sign: a value ends with a line where what stands there so far, without white space
    around it, is not an open quotation.
    """
    kept = [sign for sign in written if sign.isprintable() or sign in "\t\r\n"]
    so_far = ""
    for sign in [*kept, ""]:
        if sign not in ("\r", "\n", ""):
            so_far += sign
            continue
        value = so_far.strip()
        for fence in ('"""', '"'):
            if value.startswith(fence):
                if len(value) >= 2 * len(fence) and value.endswith(fence):
                    return value[len(fence) : -len(fence)]
                break
        else:
            return value
        so_far += sign
    return None


@given(PIECES)
@example('"a" b"')
@example('"""a"""b"""')
@example('""')
@example('""""')
@example('"\n""')
@example('"""\n"\n"""')
def test_a_value_is_read_by_the_rules(written: str) -> None:
    expected = by_the_rules(written)
    if expected is None:
        with pytest.raises(PresetError, match="the quotation does not end"):
            list(instructions(f"SYSTEM {written}"))
        return
    first = next(instructions(f"SYSTEM {written}"))
    assert first == ("SYSTEM", "", expected)


@given(PIECES)
@example('say "x"\n')
@example('"')
@example(" padded ")
@example("\\n")
@example('a"""')
def test_what_is_written_is_read_back_or_cannot_be_said(text: str) -> None:
    value = quoted(text)
    if value is not None:
        assert list(instructions(f"FROM x\nSYSTEM {value}\nPARAMETER top_k 3\n")) == [
            ("FROM", "", "x"), ("SYSTEM", "", text), ("PARAMETER", "top_k", "3"),
        ]  # fmt: skip
        return
    # Only what has signs that are dropped, or ends in what would end the quotation too early.
    dropped = any(not (sign.isprintable() or sign in "\t\r\n") for sign in text)
    assert dropped or '"' in text


@given(st.lists(PIECES.filter(bool), min_size=1, max_size=4, unique=True), PIECES)
def test_a_presets_texts_go_out_and_in_again_or_are_reported(stops: list[str], system: str) -> None:
    preset = Preset(
        name="x", stop=tuple(stops), system_message=system,
        prompt_format="chat" if system else "plain",
    )  # fmt: skip
    exported = export(preset, "ollama")
    reported = {entry.key for entry in exported.not_carried}
    again = import_one(exported.text, "x").preset
    assert set(again.stop) <= set(stops)
    if "stop" not in reported:
        assert again.stop == preset.stop
    if "system_message" not in reported:
        assert again.system_message == system


def test_a_backslash_is_a_backslash() -> None:
    text = 'FROM x\nPARAMETER stop \\n\nPARAMETER stop "a\\"b"\nPARAMETER temperature 1\n'
    assert import_one(text, "x").preset.stop == ("\\n", 'a\\"b')
    exported = export(Preset(name="x", stop=("\\n", "\n", 'a"b')), "ollama").text
    assert "PARAMETER stop \\n\n" in exported
    assert 'PARAMETER stop "\n"\n' in exported
    assert 'PARAMETER stop a"b\n' in exported


def test_tabs_comments_and_line_ends_of_windows() -> None:
    text = (
        "# a comment\r\nFROM\tx\r\n\tPARAMETER\ttemperature \t 0.5\r\n"
        '  system """one\r\ntwo"""  \r\nPARAMETER stop # no comment\r\n'
    )
    preset = import_one(text, "x").preset
    assert preset.sampling.temperature == 0.5
    assert preset.system_message == "one\r\ntwo"
    assert preset.stop == ("# no comment",)


def test_what_follows_no_instruction_is_reported_and_the_rest_is_carried() -> None:
    found = import_one("FROM x\nGREETING hello\nPARAMETER shine 3\nPARAMETER top_k 7\n", "x")
    assert found.preset.sampling.top_k == 7
    reported = {entry.key: (entry.value, entry.fate) for entry in found.not_carried}
    assert reported["GREETING"] == ("hello", "idle")
    assert reported["shine"] == ("3", "lost")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('FROM x\nSYSTEM """open', "line 2: the quotation does not end"),
        ('FROM x\n\nPARAMETER stop "open\nPARAMETER top_k 3\n', "line 3: the quotation does not"),
        ("FROM x\nPARAMETER top_k\n", "line 2: found 'PARAMETER' alone"),
        ("FROM x\nPARAMETER top_k 0.7 # warm\n", "top_k: found '0.7 # warm'"),
    ],
)
def test_a_broken_file_is_refused_by_its_line(text: str, said: str) -> None:
    with pytest.raises(PresetError, match=re.escape(said)):
        import_one(text, "x")


def test_an_open_quotation_costs_no_more_than_its_length() -> None:
    for body in ("\n" * 250_000, 'a "\n' * 100_000, "\\" * 250_000):
        with pytest.raises(PresetError, match="does not end"):
            import_one(f'FROM x\nSYSTEM """{body}', "x")


def test_mirostat_is_written_and_reported_as_out_of_use() -> None:
    params = msgspec.structs.replace(Preset(name="x").sampling, mirostat=2)
    exported = export(Preset(name="x", sampling=params), "ollama")
    assert "PARAMETER mirostat 2\n" in exported.text
    (reported,) = [entry for entry in exported.not_carried if entry.key == "mirostat"]
    assert "does not know Mirostat any more" in reported.why
