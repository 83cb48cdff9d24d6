"""Files that nobody vouches for, of every program: refused by the field's name, at no cost."""

import json
import math
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from studio.presets import PresetError
from studio.presets.foreign import import_file
from studio.presets.preset_name import checked_name
from tests.presets.foreign.files import FILES, import_one

TEMPERATURE = {
    "SillyTavern": "temp",
    "KoboldCpp": "temp",
    "LM Studio": "llm.prediction.temperature",
    "LM Studio (older form)": "temp",
    "text-generation-webui": "temperature",
    "llama.cpp arguments": "--temp",
    "Ollama Modelfile": "temperature",
    "OpenAI-style request": "temperature",
    "SillyTavern chat completion": "temperature",
    "NovelAI": "temperature",
    "Ollama request": "temperature",
    "Hugging Face generation config": "temperature",
}
TOP_K = {
    "SillyTavern": "top_k",
    "KoboldCpp": "top_k",
    "LM Studio": "llm.prediction.topKSampling",
    "LM Studio (older form)": "top_k",
    "text-generation-webui": "top_k",
    "llama.cpp arguments": "--top-k",
    "Ollama Modelfile": "top_k",
    "OpenAI-style request": "top_k",
    "SillyTavern chat completion": "top_k",
    "NovelAI": "top_k",
    "Ollama request": "top_k",
    "Hugging Face generation config": "top_k",
}
SAMPLING = tuple(TEMPERATURE)
"""The programs whose files have a temperature, at its own place."""
TYPELESS = ("llama.cpp arguments", "Ollama Modelfile")
"""Whose values are all texts."""
HOLE = 918273645
"""Stands where a raw value goes."""


def with_value(program: str, key: str, raw: str) -> str:
    text = FILES[program]({key: HOLE})
    assert str(HOLE) in text
    return text.replace(f"'{HOLE}'", f"'{raw}'").replace(str(HOLE), raw)


def refusal(text: str) -> PresetError:
    with pytest.raises(PresetError) as caught:
        import_one(text, "stem")
    return caught.value


def named(program: str, key: str) -> str:
    prefixes = {"LM Studio (older form)": "inference_params.", "Ollama request": "options."}
    return prefixes.get(program, "") + key


IN_JSON = [it for it in SAMPLING if it not in (*TYPELESS, "text-generation-webui")]
NO_NUMBERS = ["NaN", "Infinity", "-Infinity", "1e999", "9" * 5000, "1e400", "0x10", "hot"]


@pytest.mark.parametrize("program", SAMPLING)
def test_what_is_no_number_is_refused_by_its_name(program: str) -> None:
    key = TEMPERATURE[program]
    for raw in NO_NUMBERS:
        error = refusal(with_value(program, key, raw))
        if program in IN_JSON and raw in ("0x10", "hot"):
            assert str(error).startswith("It is not valid JSON")
            continue
        assert named(program, key) in str(error)
        assert "found" in str(error)
        assert "allowed" in str(error)
        assert len(str(error)) < 400


NO_TEMPERATURES = [
    (program, raw)
    for program in SAMPLING
    for raw in ("true", '"0.7"', "[0.7]", '{"a": 1}')
    # Without types a value has no quotation marks.
    if not (program in TYPELESS and raw == '"0.7"')
]


@pytest.mark.parametrize(("program", "raw"), NO_TEMPERATURES)
def test_another_type_is_refused(program: str, raw: str) -> None:
    key = TEMPERATURE[program]
    error = refusal(with_value(program, key, raw))
    assert named(program, key) in str(error)
    assert "allowed" in str(error)


@pytest.mark.parametrize("program", [it for it in SAMPLING if "Hugging" not in it])
def test_a_temperature_below_zero_is_greedy_and_reported(program: str) -> None:
    key = TEMPERATURE[program]
    found = import_one(with_value(program, key, "-0.5"), "x")
    assert found.preset.sampling.temperature == 0
    (entry,) = [it for it in found.carried if it.key == named(program, key)]
    assert (entry.value, entry.fate, entry.to) == (-0.5, "carried", ("temperature",))
    assert "greedy" in entry.why


def test_a_temperature_below_zero_is_left_out_where_the_program_refuses_it() -> None:
    text = '{"do_sample": true, "temperature": -0.5, "top_p": 0.9, "eos_token_id": 2}'
    found = import_one(text, "x")
    (lost,) = [it for it in found.not_carried if it.key == "temperature"]
    assert (lost.value, lost.fate, found.preset.sampling.temperature) == (-0.5, "lost", 1)
    assert "Left out: allowed is a number from 0" in lost.why


@pytest.mark.parametrize("raw", ["2000000000000", "1e17", "99999999999999999999"])
@pytest.mark.parametrize("program", SAMPLING)
def test_a_finite_number_out_of_range_is_left_out_and_reported(program: str, raw: str) -> None:
    key = TOP_K[program]
    found = import_one(with_value(program, key, raw), "x")
    assert found.preset.sampling.top_k == 0
    (lost,) = [it for it in found.not_carried if it.key == named(program, key)]
    assert (lost.value, lost.fate) == (float(raw), "lost")
    assert "Left out: allowed is a whole number from 0" in lost.why


@pytest.mark.parametrize("raw", ["1.5", "9" * 5000])
@pytest.mark.parametrize("program", SAMPLING)
def test_what_is_no_whole_number_is_refused(program: str, raw: str) -> None:
    key = TOP_K[program]
    error = refusal(with_value(program, key, raw))
    assert named(program, key) in str(error)


@pytest.mark.parametrize("opening", ["[", '{"a":'])
@pytest.mark.parametrize("program", [it for it in SAMPLING if it not in TYPELESS])
def test_a_nesting_without_end_is_refused_by_its_name(program: str, opening: str) -> None:
    opening = "{a: " if opening != "[" and program == "text-generation-webui" else opening
    text = with_value(
        program, TEMPERATURE[program], opening * (60_000 if opening == "{a: " else 100_000)
    )
    error = refusal(text)
    assert "values within one another" in str(error)
    outer = {
        "LM Studio": "operation",
        "LM Studio (older form)": "inference_params",
        "NovelAI": "parameters",
        "Ollama request": "options",
    }
    assert error.field == outer.get(program, TEMPERATURE[program])


def test_a_key_twice_is_refused_in_yaml() -> None:
    assert "twice" in str(refusal("temperature: 1\ntemperature: 2\n"))


@pytest.mark.parametrize("program", IN_JSON)
def test_half_a_character_and_a_key_twice_are_refused(program: str) -> None:
    error = refusal(with_value(program, TEMPERATURE[program], '"\\ud800"'))
    assert "surrogate" in str(error)
    text = FILES[program]({})
    assert "twice" in str(refusal(text[:-1] + ', "a": 1, "a": 2}'))


@pytest.mark.parametrize(
    ("name", "safe"),
    [("../x", "x"), ("/etc/x", "etc x"), ("CON", "Preset CON"), ("a\0b", "a b"),
     ("x" * 300, "x" * 100), ("...", "Preset"), ("a:b*c?", "a b c")],
)  # fmt: skip
def test_a_name_that_cannot_be_one_is_made_safe_and_reported(name: str, safe: str) -> None:
    for values, key in (
        ({"temp": 1, "dynatemp_range": 0, "preset": name}, "preset"),
        ({"temp": 1, "dynatemp_range": 0, "title": name}, "title"),
        ({"name": name, "inference_params": {"temp": 1}}, "name"),
        ({"name": name, "parameters": {"temperature": 1}}, "name"),
        ({"name": name, "sampling": {"temperature": 0.5}}, "name"),
    ):
        found = import_one(json.dumps(values), "stem")
        assert found.preset.name == safe
        (entry,) = [it for it in found.carried if "name" in it.to]
        assert entry.key == key
        assert f"is “{safe}”" in entry.why
    for no_name in (7, ["x"], True):
        error = refusal(json.dumps({"name": no_name, "inference_params": {"temp": 1}}))
        assert error.field == "name"


@pytest.mark.parametrize("stem", ["CON", "a:b", "..", "x" * 200])
def test_a_files_name_that_cannot_be_a_presets_is_made_safe(stem: str) -> None:
    found = import_one('{"temp": 1, "freq_pen": 0}', stem)
    assert checked_name(found.preset.name) == found.preset.name


YAML = {
    "an alias bomb": "a: &a [1]\n" + "".join(f"b{i}: [*a, *a, *a]\n" for i in range(40)),
    "an anchor": "temperature: &t 1\n",
    "a merge": "base: &b {temperature: 1}\n<<: *b\n",
    "code": "temperature: !!python/object/apply:os.system ['true']\n",
    "a tag": "temperature: !!float '0.7'\n",
    "a local tag": "temperature: !hot 1\n",
    "two documents": "temperature: 1\n---\ntemperature: 2\n",
    "many keys": "".join(f"k{i}: 1\n" for i in range(30_000)) + "temperature: 1\n",
    "deep blocks": "- " * 50_000 + "1",
    "a number without end": "temperature: " + "1" * 10_000 + "\n",
    "sixty": "temperature: 1:30\n",
    "a date": "temperature: 2024-01-01\n",
}


@pytest.mark.parametrize("text", YAML.values(), ids=YAML.keys())
def test_yaml_is_taken_for_plain_values_alone(text: str) -> None:
    assert len(str(refusal(text))) < 400


@pytest.fixture
def memory() -> Iterator[None]:
    """No more than a few times what a preset may have is taken."""
    tracemalloc.start()
    yield
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 256 * 1024 * 1024


@pytest.mark.usefixtures("memory")
@pytest.mark.parametrize("name", ["big.json", "big.yaml", "big.args", "Modelfile"])
def test_a_gigabyte_is_refused_and_not_read(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    with path.open("wb") as file:
        file.write(b'{"temp": 1, "rep_pen": 1, "x": "')
        file.truncate(2**30)  # of which the disk holds nothing
    with pytest.raises(PresetError, match=r"1,073,741,824 bytes; at most 33,554,432 are allowed"):
        import_file(path)


MANY = {
    "lists": '{"temp": [' + "[]," * 5_000_000,
    "numbers": '{"temp": [' + "1," * 5_000_000,
    "quotation marks": '{"' + '\\"' * 5_000_000,
    "a backslash at the end": '{"temp": "' + "\\" * 5_000_001,
    "keys, the last one twice": "{" + "".join(f'"{i}": 1,' for i in range(200_000)) + '"7": 1}',
    "words": "--temp 1 " + "a " * 5_000_000,
    "lines": "\n" * 5_000_000 + "temperature: 1",
    "spaces in an .ini": "[a]\nctx-size = " + " " * 1_000_000 + "x ;",
    "spaces in a Modelfile": 'FROM x\nSYSTEM "' + " " * 1_000_000,
    "lines in a Modelfile": 'FROM x\nSYSTEM "' + " \n" * 500_000,
    "instructions": "FROM x\n" * 140_000,
}


@pytest.mark.usefixtures("memory")
@pytest.mark.parametrize("text", MANY.values(), ids=MANY.keys())
def test_what_is_made_to_cost_much_is_refused_at_once(text: str) -> None:
    refusal(text)


def test_a_story_as_long_as_a_book_is_read_for_its_settings() -> None:
    story = {"actions": ["word " * 1000] * 4000, "savedsettings": {"temperature": 0.75}}
    preset = import_one(json.dumps(story), "Long").preset
    assert preset.sampling.temperature == 0.75


def test_no_message_carries_signs_for_the_terminal() -> None:
    error = refusal('{"temp": 1, "rep_pen": 1, "a\\u001b[31mb": 1e999}')
    assert "\x1b" not in str(error)
    assert math.isfinite(len(str(error)))
