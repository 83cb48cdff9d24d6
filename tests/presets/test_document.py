"""A preset's file: what is kept, what is refused and how."""

import json
import math
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.presets import FORMAT_VERSION, Preset, PresetDocument, PresetError
from studio.presets.bounded_json import MOST_BYTES, read_file
from studio.presets.preset import PROMPT_FORMATS, TASKS
from studio.presets.preset_name import checked_name, name_key, numbered
from studio.sampling import DEFAULT_SAMPLERS, SamplingParams, WordBias
from tests.presets.strategies import is_name, presets


def read(**fields: object) -> PresetDocument:
    return PresetDocument.read(json.dumps({"name": "x", **fields}).encode())


def refusal(data: bytes | str) -> PresetError:
    with pytest.raises(PresetError) as caught:
        PresetDocument.read(data if isinstance(data, bytes) else data.encode())
    return caught.value


@given(presets())
def test_what_is_written_is_read_again(preset: Preset) -> None:
    data = PresetDocument(preset).to_bytes()
    again = PresetDocument.read(data)
    assert again.preset == preset
    assert again.to_bytes() == data


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=9).filter(
        lambda text: not any("\ud800" <= sign <= "\udfff" for sign in text)
    ),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.text("abc", max_size=3), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


@given(st.dictionaries(st.text("xyz_", min_size=1, max_size=5), json_values, max_size=4))
def test_unknown_keys_survive(unknown: dict[str, object]) -> None:
    document = read(sampling={"temperature": 0.5, **unknown}, **unknown)
    changed = document.with_preset(msgspec.structs.replace(document.preset, max_tokens=7))
    again = json.loads(changed.to_bytes())
    assert {key: again[key] for key in unknown} == unknown
    assert {key: again["sampling"][key] for key in unknown} == unknown
    assert again["max_tokens"] == 7


def test_the_file_is_for_human_hands() -> None:
    text = PresetDocument(Preset(name="Mine", stop=("\n\n",), notes="Ä")).to_bytes().decode()
    lines = text.splitlines()
    assert lines[:3] == ["{", '  "format_version": 1,', '  "name": "Mine",']
    assert '  "stop": ["\\n\\n"],' in lines
    assert '    "temperature": 1.0,' in lines
    assert '  "notes": "Ä"' in lines
    assert text.endswith("}\n")


def test_short_lists_stand_in_a_line_and_long_ones_in_several() -> None:
    word = WordBias("Öl", -math.inf, ("lower",))
    preset = Preset(name="Mine", sampling=SamplingParams(word_biases=(word,)))
    fits, wide = ["x" * 90], ["x" * 91]  # 94 and 95 characters, behind two of indentation
    data = PresetDocument(
        preset, {"größe": {"a": fits, "b": [1]}, "z": fits, "zz": wide}
    ).to_bytes()
    text = data.decode()
    biased = '[{"text": "Öl", "bias": null, "casings": ["lower"]}]'
    assert f'    "word_biases": {biased},\n' in text
    assert '  "größe": {\n    "a": [\n      "' in text, "deeper in, it is wider"
    assert '",\n    "b": [1]\n  },\n' not in text
    assert '"\n    ],\n    "b": [1]\n  },\n' in text
    assert f'  "z": {json.dumps(fits)},\n' in text
    assert f'  "zz": [\n    "{wide[0]}"\n  ]\n}}\n' in text
    many = PresetDocument(
        Preset(name="x", sampling=SamplingParams(word_biases=(word, WordBias("é" * 60, 1.0))))
    )
    assert '    "word_biases": [\n      {\n        "text": "Öl",\n' in many.to_bytes().decode()
    assert PresetDocument.read(data).preset == preset


def test_a_name_alone_is_enough_and_stands_for_neutral() -> None:
    assert read().preset == Preset(name="x")


def test_what_json_cannot_say_is_null() -> None:
    hot = Preset(
        name="x", sampling=SamplingParams(temperature=math.inf, logit_bias=((3, -math.inf),))
    )
    data = PresetDocument(hot).to_bytes()
    assert json.loads(data)["sampling"]["temperature"] is None
    assert PresetDocument.read(data).preset == hot


BAD_VALUES = [
    ("sampling.temperature", "NaN"),
    ("sampling.temperature", "Infinity"),
    ("sampling.temperature", "-Infinity"),
    ("sampling.temperature", "1e999"),
    ("sampling.temperature", "-0.5"),
    ("sampling.temperature", "true"),
    ("sampling.temperature", '"0.5"'),
    ("sampling.temperature", "[0.5]"),
    ("sampling.temperature", "{}"),
    ("sampling.temperature", "9" * 5000),
    ("sampling.top_k", "1.5"),
    ("sampling.top_k", "null"),
    ("sampling.top_k", "9" * 5000),
    ("sampling.top_p", "1.01"),
    ("sampling.seed", "4294967296"),
    ("sampling.samplers", '["heat"]'),
    ("sampling.samplers", '"top_k"'),
    ("sampling.dry_sequence_breakers", '[""]'),
    ("sampling.logit_bias", '[["1", 2]]'),
    ("sampling", "[]"),
    ("sampling", "null"),
    ("name", "7"),
    ("name", '""'),
    ("description", "[]"),
    ("task", '"cooking"'),
    ("prompt_format", '"prose"'),
    ("system_message", "null"),
    ("stop", '"\\n"'),
    ("max_tokens", "0"),
    ("max_tokens", "true"),
    ("max_tokens", "1.0"),
    ("format_version", "0"),
    ("format_version", '"1"'),
    ("notes", '"\\ud800"'),
    ("unknown", "1e400"),
    ("unknown.deep", "[NaN]"),
]


# Without backslashes, which pytest escapes once more each time that it looks at a test.
@pytest.mark.parametrize(
    ("field", "value"), BAD_VALUES, ids=lambda text: text[:30].replace("\\", "")
)
def test_a_bad_value_is_refused_by_its_fields_name(field: str, value: str) -> None:
    outer, dot, inner = field.partition(".")
    entry = f'{{"{inner}": {value}}}' if dot else value
    name = "" if outer == "name" else '"name": "x", '
    error = refusal(f'{{{name}"{outer}": {entry}}}')
    assert error.field.startswith(field)
    assert str(error).startswith(field)
    assert "found" in str(error)
    assert "allowed" in str(error)
    assert len(str(error)) < 500


def test_one_of_the_stops_that_is_bad_is_named() -> None:
    assert refusal('{"name": "x", "stop": ["a", ""]}').field == "stop[1]"


def test_a_name_is_needed() -> None:
    assert refusal("{}").field == "name"


@pytest.mark.parametrize("text", ["", "[]", '"x"', "7", "{", '{"name": "x",}', "PNG\r\n", "null"])
def test_what_is_no_object_is_refused(text: str) -> None:
    assert str(refusal(text)).startswith(("It is not valid JSON", "Found"))


def test_a_key_twice_is_refused() -> None:
    error = refusal('{"name": "x", "sampling": {"top_k": 1, "top_k": 2}}')
    assert error.field == "sampling.top_k"


@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_a_deep_nesting_is_refused_by_its_fields_name(opening: str) -> None:
    error = refusal('{"name": "x", "stop": ' + opening * 100_000)
    assert error.field == "stop"


def test_other_encodings_are_refused_and_a_mark_is_no_matter() -> None:
    assert "UTF-8" in str(refusal('{"name": "é"}'.encode("latin-1")))
    assert PresetDocument.read('\ufeff{"name": "é"}'.encode()).preset.name == "é"


def test_a_newer_version_is_read_and_said_so() -> None:
    document = read(format_version=FORMAT_VERSION + 1, warmth=3)
    assert document.is_newer
    error = refusal('{"name": "x", "format_version": 9, "task": "opera"}')
    assert error.field == "task"
    assert "version 9" in str(error)


def test_what_is_no_file_or_too_large_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PresetError, match=r"no regular file|cannot be read"):
        read_file(tmp_path)
    with pytest.raises(PresetError, match="cannot be read"):
        read_file(tmp_path / "none")
    large = tmp_path / "large"
    with large.open("wb") as file:
        file.truncate(2**30)  # a gigabyte, of which the disk holds nothing
    with pytest.raises(PresetError, match=f"at most {MOST_BYTES:,}"):
        read_file(large)


BAD_NAMES = [
    "../x", "/etc/x", "a/b", "C:\\x", "\\\\host\\x", "CON", "con", "Nul.json", "COM1", "lpt9.txt",
    "x" * 101, "x" * 300, "", ".", "..", ".x", "x.", " x", "x ", "a\nb", "a\0b", "a\x7fb",
    "a\u202eb", "a\u2028b", "what?", "a|b", "𝄞" * 60,
]  # fmt: skip


@pytest.mark.parametrize("name", BAD_NAMES)
def test_names_that_are_no_files_anywhere_are_refused(name: str) -> None:
    with pytest.raises(PresetError, match=r"^name: found") as caught:
        checked_name(name)
    assert caught.value.field == "name"


@given(st.text(min_size=1, max_size=100))
def test_a_name_that_is_taken_is_one_harmless_file(name: str) -> None:
    if is_name(name):
        assert Path(name).name == name
        assert len(f"{name}.json".encode()) <= 255
        assert is_name(numbered(name, {name_key(name)}))


def test_names_differ_by_more_than_case() -> None:
    assert name_key("Été") == name_key("ÉTÉ") == name_key("E\u0301te\u0301")
    assert numbered("A", {"a", "a 2"}) == "A 3"


def test_the_words_are_the_structs() -> None:
    fields = {entry.name: entry.type for entry in msgspec.structs.fields(Preset)}
    assert set(DEFAULT_SAMPLERS) == set(SamplingParams().samplers)
    assert fields["task"].__args__ == TASKS
    assert fields["prompt_format"].__args__ == PROMPT_FORMATS
