"""All formats: which one a file is of, by what is in it, and which ones can be written."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import Path

from studio.presets.bounded_json import decoded, json_object, read_file
from studio.presets.document import PresetDocument
from studio.presets.errors import PresetError
from studio.presets.foreign import (
    kobold,
    llama_args,
    lm_studio,
    lm_studio_older,
    ollama,
    openai_body,
    silly_tavern,
    webui,
)
from studio.presets.foreign.keys import KeyTable
from studio.presets.foreign.source import Imported
from studio.presets.foreign.target import Exported, Writer
from studio.presets.preset import Preset

OWN = "Kelvin Studio"
MOST_BYTES = 32 * 1024 * 1024
"""Of a file to import: a story has its settings at the end of a long text."""
_LONGEST_TEXT = 1024 * 1024
"""Characters of a file that is no JSON; a Modelfile may have a long licence in it."""

WRITERS: Mapping[str, Writer] = {
    "kelvin": lambda preset: Exported(PresetDocument(preset).to_bytes().decode(), ".json"),
    "sillytavern": silly_tavern.write,
    "koboldcpp": kobold.write,
    "lmstudio": lm_studio.write,
    "textgen": webui.write,
    "llamacpp": llama_args.write,
    "ollama": ollama.write,
    "openai": openai_body.write,
}
"""What a preset can be written as, by the name that a command gives it."""

FORMAT_WORDS: Mapping[str, str] = {
    "kelvin": OWN,
    "sillytavern": silly_tavern.PROGRAM,
    "koboldcpp": kobold.PROGRAM,
    "lmstudio": lm_studio.PROGRAM,
    "textgen": webui.PROGRAM,
    "llamacpp": llama_args.PROGRAM,
    "ollama": ollama.PROGRAM,
    "openai": openai_body.PROGRAM,
}

KEY_TABLES: Mapping[str, KeyTable] = {
    silly_tavern.PROGRAM: silly_tavern.KEYS,
    kobold.PROGRAM: kobold.KEYS,
    lm_studio.PROGRAM: lm_studio.KEYS,
    lm_studio_older.PROGRAM: lm_studio_older.KEYS,
    webui.PROGRAM: webui.KEYS,
    llama_args.PROGRAM: llama_args.KEYS,
    ollama.PROGRAM: ollama.KEYS,
    openai_body.PROGRAM: openai_body.KEYS,
}
"""What becomes of each program's keys; `KEYS.md` says it to people."""

_WEBUI_LINE = re.compile(
    rf"""^(["']?)({"|".join(map(re.escape, webui.KEYS))})\1\s*:""", re.MULTILINE
)
_UNKNOWN = (
    "It is no preset that is known here. Known are: Kelvin Studio, SillyTavern text completion, "
    "KoboldCpp and Kobold Lite (stories too), LM Studio, text-generation-webui, llama.cpp "
    "arguments, Ollama Modelfiles, OpenAI-style request bodies."
)


def import_file(path: Path, name: str | None = None) -> Imported:
    """The preset in a file of any known program; nothing is saved.

    Args:
        path: The file.
        name: What to call the preset, instead of the name in the file or the file's own.

    Raises:
        PresetError: says which file, which field, what is allowed.
    """
    try:
        return import_bytes(read_file(path, MOST_BYTES), _stem(path), name)
    except PresetError as error:
        raise error.at(path.name) from error


def import_bytes(data: bytes, stem: str, name: str | None = None) -> Imported:
    """The same of a file's bytes; `stem` is the preset's name where the file has none.

    Raises:
        PresetError: it is no preset, or one with a value that is not allowed.
    """
    text = decoded(data)
    if text.lstrip()[:1] in ("{", "["):
        values = json_object(text)
        if name is not None:
            values = _renamed(values, name)
        return _from_object(values, stem if name is None else name)
    if len(text) > _LONGEST_TEXT:
        raise PresetError(f"It has {len(text):,} characters; allowed are {_LONGEST_TEXT:,}.")
    stem = stem if name is None else name
    if ollama.is_modelfile(text):
        return ollama.read(text, stem)
    if any(word.partition("=")[0] in llama_args.FLAGS for word in text[:100_000].split()):
        return llama_args.read(text, stem)
    if not _WEBUI_LINE.search(text):
        raise PresetError(_UNKNOWN)
    # Here and not above: the library takes 20 ms of the program's start.
    from studio.presets.foreign.yaml_reading import read_yaml

    return webui.read(read_yaml(text), stem)


def _from_object(values: Mapping[str, object], stem: str) -> Imported:
    if "sampling" in values or "format_version" in values:
        data = dict(values)
        data.setdefault("name", stem)
        return Imported(PresetDocument.of(data), OWN)
    if "operation" in values or ("load" in values and "identifier" in values):
        return lm_studio.read(values, stem)
    if "inference_params" in values:
        return lm_studio_older.read(values, stem)
    if "savedsettings" in values:
        return kobold.read_story(values, stem)
    if values.keys() & openai_body.CERTAIN and "temp" not in values:
        return openai_body.read(values, stem)
    tavern, kobolds = _count(values, silly_tavern.MARKS), _count(values, kobold.MARKS)
    named = "preset" in values or "title" in values
    if max(tavern, kobolds):
        if kobolds > tavern or (named and kobolds):
            return kobold.read(values, stem)
        if tavern > kobolds or "typical" not in values:
            return silly_tavern.read(values, stem)
        return kobold.read(values, stem)
    if values.keys() & openai_body.MARKS:
        return openai_body.read(values, stem)
    raise PresetError(_UNKNOWN)


def _count(values: Mapping[str, object], marks: Collection[str]) -> int:
    return len(values.keys() & set(marks))


def _renamed(values: Mapping[str, object], name: str) -> dict[str, object]:
    """The same with another name, wherever such a file has one."""
    keys = ("name", "preset", "title")
    return {key: name if key in keys else value for key, value in values.items()}


def _stem(path: Path) -> str:
    name = path.name
    for suffix in (".preset.json", ".json", ".yaml", ".yml", ".txt", ".args", ".Modelfile"):
        if name.lower().endswith(suffix.lower()) and len(name) > len(suffix):
            return name[: -len(suffix)]
    return name


def export(preset: Preset, format_name: str) -> Exported:
    """The preset as a file of another program.

    Raises:
        PresetError: there is no such format; names those that there are.
    """
    writer = WRITERS.get(format_name.lower())
    if writer is None:
        known = ", ".join(WRITERS)
        raise PresetError(f"format: found {format_name!r}; allowed is one of {known}.", "format")
    return writer(preset)
