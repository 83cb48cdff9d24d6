"""Files that are no presets: none is taken for one, whatever key of it some program has too."""

import json
from pathlib import Path

import pytest

from studio.presets import PresetError
from studio.presets.foreign import import_bytes, import_file

OBJECTS: dict[str, object] = {
    "nothing": {},
    "a package": {"name": "x", "version": "1.0.0", "description": "d", "config": {"port": 1}},
    "a compiler's settings": {"compilerOptions": {"strict": True}, "include": ["src"]},
    "a test runner's preset": {"preset": "ts-jest", "testEnvironment": "node"},
    "a thermometer": {"temperature": 21.5, "humidity": 40},
    "a weather report": {"temp": 21.5, "humidity": 40, "city": "Oslo"},
    "an oven": {"options": {"temperature": 200, "unit": "C"}},
    "a gas": {"parameters": {"temperature": 300, "pressure": 1}},
    "a world": {"seed": 42, "level": 3, "name": "x"},
    "a chat": {"messages": [{"role": "user", "content": "hi"}]},
    "a chat with its system message": {
        "model": "x",
        "messages": [{"role": "system", "content": "Be kind"}, {"role": "user", "content": "hi"}],
    },
    "an answer": {"id": "x", "object": "chat.completion", "model": "gpt", "choices": []},
    "a model's shape": {"architectures": ["X"], "bos_token_id": 1, "hidden_size": 4096},
    "a GGUF header": {"general.architecture": "llama", "general.name": "x", "llama.block_count": 2},
    "a note": {"name": "Shopping", "content": "milk, eggs", "created": "2026"},
    "a title": {"title": "Kitchen", "text": "a"},
    "a drum kit": {"samplers": ["kick", "snare"], "bpm": 120},
    "a recording": {"sampling": {"rate": 44100, "bits": 16}},
    "another format": {"format_version": 2, "tracks": [1, 2]},
    "no sampling": {"sampling": {}},
    "a car": {"model": "Volvo", "year": 1990, "price": 1},
}
TEXTS = {
    "nothing": "",
    "spaces": " \n\t\n",
    "a list": "[]",
    "a number": "12",
    "a text": '"abc"',
    "prose that begins as a Modelfile": "FROM THE BEGINNING\nthere was a sea.\n",
    "prose of a system": "SYSTEM failure at noon.\nThe end came.\nNobody saw it.",
    "prose with a parameter": "From the beginning ... PARAMETER\nof nothing.",
    "prose with a colon": "Note: this is a text\nbase: the camp\n",
    "prose with a flag": "The thermometer read --temp 5 that day.\n",
    "prose with short flags": "He said -n 3 or so, and -s 4.\n",
    "a shell's lines": "tail -n 5 file\nhead -c 3 other\n",
    "a page of a manual": "The option -s SEED sets the seed.\n",
    "requirements": "numpy==1\n-r more.txt\n--hash=sha256:1\n",
    "weather in YAML": "temperature: 21\nhumidity: 40\n",
    "a pipeline": "name: CI\non: push\njobs: {}\n",
    "a container": "FROM python:3.12\nRUN pip install x\n",
    "git's settings": "[user]\n\tname = A\n\temail = a@b.c\n",
    "a project": '[project]\nname = "x"\nversion = "1"\n',
    "a seed in TOML": 'seed = 1\ntitle = "x"\n',
    "a table": "temp,humidity\n21,40\n",
    "a page": "<html><body>temperature: 1</body></html>",
}


@pytest.mark.parametrize("name", OBJECTS)
def test_an_object(name: str) -> None:
    with pytest.raises(PresetError):
        import_bytes(json.dumps(OBJECTS[name]).encode(), "stem")


@pytest.mark.parametrize("name", TEXTS)
def test_a_text(name: str) -> None:
    with pytest.raises(PresetError):
        import_bytes(TEXTS[name].encode(), "stem")


def test_what_is_reported_names_what_is_known(tmp_path: Path) -> None:
    path = tmp_path / "weather.json"
    path.write_text('{"temp": 21.5, "humidity": 40, "city": "Oslo"}')
    with pytest.raises(PresetError) as caught:
        import_file(path)
    assert str(caught.value).startswith(
        "“weather.json”: It is no preset: temp could be of a file of SillyTavern, and humidity, "
        "city could not. Known are: Kelvin Studio, SillyTavern"
    )


def test_other_files_of_this_program_are_reported_by_name() -> None:
    comparison = {"format": "kelvin-studio comparison", "format_version": 1, "max_tokens": 3}
    with pytest.raises(PresetError, match="Compare › Open comparison"):
        import_bytes(json.dumps(comparison).encode(), "stem")
