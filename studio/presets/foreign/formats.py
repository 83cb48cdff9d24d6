"""All formats: which one a file is of, by what is in it, and which ones can be written."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

from msgspec.structs import replace

from studio.presets.bounded_json import decoded, json_object, read_file
from studio.presets.document import PresetDocument
from studio.presets.errors import PresetError, refused, too_long
from studio.presets.foreign import (
    hugging_face,
    kobold,
    llama_args,
    llama_ini,
    lm_studio,
    lm_studio_older,
    novel_ai,
    ollama,
    openai_body,
    own,
    silly_tavern,
    silly_tavern_chat,
    silly_tavern_parts,
    webui,
)
from studio.presets.foreign.format import Format, Values
from studio.presets.foreign.keys import KeyTable
from studio.presets.foreign.source import Carried, Imported, NotCarried, first_keys
from studio.presets.foreign.target import Exported, Writer
from studio.presets.preset import Preset
from studio.presets.preset_name import checked_name
from studio.translation import mark, tr
from studio.visible_text import visible_line

MOST_BYTES = 32 * 1024 * 1024
"""Of a file to import: a story has its settings at the end of a long text."""
_LONGEST_TEXT = 1024 * 1024
"""Characters of a file that is no JSON; a Modelfile may have a long licence in it."""
_LONGEST_ARGUMENTS = 100_000
"""Characters that are looked through for a flag."""

_WRITTEN = {
    "sillytavern": silly_tavern.FORMAT,
    "koboldcpp": kobold.FORMAT,
    "lmstudio": lm_studio.FORMAT,
    "textgen": webui.FORMAT,
    "llamacpp": llama_args.FORMAT,
    "ollama": ollama.FORMAT,
    "openai": openai_body.FORMAT,
}
"""Forms that a preset can be written as, by the names that a command gives them."""

WRITERS: Mapping[str, Writer] = {
    "kelvin": lambda preset: Exported(PresetDocument(preset).to_bytes().decode(), ".json"),
    **{name: it.write for name, it in _WRITTEN.items() if it.write is not None},
}
"""What a preset can be written as, our own form first."""

FORMAT_WORDS: Mapping[str, str] = {
    "kelvin": own.PROGRAM,
    **{name: it.program for name, it in _WRITTEN.items()},
}

_FORMATS = (
    *(silly_tavern.FORMAT, silly_tavern_chat.FORMAT, silly_tavern_parts.MASTER_FORMAT),
    *(silly_tavern_parts.SYSTEM_PROMPT_FORMAT, novel_ai.FORMAT, kobold.FORMAT, lm_studio.FORMAT),
    *(lm_studio_older.FORMAT, webui.FORMAT, llama_args.FORMAT, ollama.FORMAT, ollama.BODY_FORMAT),
    *(hugging_face.FORMAT, openai_body.FORMAT),
)
KEY_TABLES: Mapping[str, KeyTable] = {it.program: it.keys for it in _FORMATS}
"""What becomes of each program's keys; `KEYS.md` says it to people."""

ABSENT: Mapping[str, Values] = {it.program: it.absent for it in _FORMATS if it.absent}
"""What each program has where a file is silent, where it is another than the neutral value."""

_YAML_LINE = re.compile(
    rf"""^(["']?)({"|".join(map(re.escape, webui.KEYS))}|config|base)\1\s*:""", re.MULTILINE
)
_CERTAIN = frozenset(
    {lm_studio.PROGRAM, lm_studio_older.PROGRAM, silly_tavern_parts.MASTER, ollama.PROGRAM}
)
"""Programs whose files are known by how they are built, and not by the name of a key."""
_MOST_KEYS_NAMED = 4
_KNOWN = mark(
    "Known are: Kelvin Studio, SillyTavern (text and chat completion, Master Export, system "
    "prompts), NovelAI, KoboldCpp and Kobold Lite (stories too), LM Studio (model.yaml too), "
    "text-generation-webui, llama.cpp arguments and server presets, Ollama Modelfiles and "
    "requests, Hugging Face generation configs, OpenAI-style request bodies."
)
_OTHER_FILE = "kelvin-studio "
"""How the formats of this program's other files begin."""


def import_file(
    path: Path, name: str | None = None, *, absent: bool = True
) -> tuple[Imported, ...]:
    """The presets in a file of any known program, most often one; nothing is saved.

    Args:
        path: The file.
        name: What to call the preset, instead of the name in the file or the file's own.
        absent: Whether what the file is silent on is as its program has it; else it is neutral.

    Raises:
        PresetError: says which file, which field, what is allowed.
    """
    try:
        return import_bytes(read_file(path, MOST_BYTES), _stem(path), name, absent=absent)
    except PresetError as error:
        raise error.at(path.name) from error


def import_bytes(
    data: bytes, stem: str, name: str | None = None, *, absent: bool = True
) -> tuple[Imported, ...]:
    """The same of a file's bytes; `stem` is the preset's name where the file has none.

    Args:
        data: The file's bytes.
        stem: The preset's name where the file has none.
        name: Another name for it, where one is wanted.
        absent: Whether what the file is silent on is as its program has it; else it is neutral.

    Raises:
        PresetError: it is no preset, or one with a value that is not allowed.
    """
    if name is not None:
        checked_name(name)
    found = _read(decoded(data), stem, absent=absent)
    _refuse_strange(found)
    if name is None:
        return found
    if len(found) > 1:
        raise PresetError(tr("It has %n presets; a name is for one.", "", len(found)), "name")
    return (_called(found[0], name),)


def _read(text: str, stem: str, *, absent: bool) -> tuple[Imported, ...]:
    start = text.lstrip()[:1]
    if start == "{":
        return (_from_object(json_object(text), stem, absent=absent),)
    if start == "[" and not llama_ini.is_ini(text[:_LONGEST_TEXT]):
        raise _unknown_file()  # a list of JSON, or another program's sections
    if len(text) > _LONGEST_TEXT:
        raise too_long(len(text), _LONGEST_TEXT)
    if ollama.is_modelfile(text):
        return (ollama.read(text, stem, absent=absent),)
    if llama_ini.is_ini(text):
        return llama_ini.read(text, stem, absent=absent)
    if llama_args.is_arguments(text[:_LONGEST_ARGUMENTS]):
        return (llama_args.read(text, stem, absent=absent),)
    if not _YAML_LINE.search(text):
        raise _unknown_file()
    # Here and not above: the library takes 20 ms of the program's start.
    from studio.presets.foreign.yaml_reading import read_yaml

    values = read_yaml(text)
    if "config" in values or "base" in values:
        return (lm_studio.MODEL_FORMAT.read(values, stem, absent=absent),)
    return (webui.FORMAT.read(values, stem, absent=absent),)


def _refuse_strange(found: Sequence[Imported]) -> None:
    """Refuse what has a key of a program by chance: a thermometer's file has a temperature too.

    A file of a newer version of a program has some keys that are not known here, among many.

    Raises:
        PresetError: more keys are unknown than known, or some are and a single one is known.
    """
    if any(imported.program == own.PROGRAM for imported in found):
        return
    lost = [entry for imported in found for entry in imported.not_carried]
    carried = [entry for imported in found for entry in imported.carried]
    strange = {entry.key: None for entry in lost if entry.is_unknown}
    entries: list[Carried | NotCarried] = [*carried, *lost]
    known = {entry.key: None for entry in entries if entry.key not in strange}
    sets = {field for entry in carried for field in entry.to}
    if lost and sets <= {"system_message", "prompt_format"} and "messages" in known:
        words = tr("It is a chat, and no preset: it sets nothing of the sampling.")
        raise PresetError(f"{words} {tr(_KNOWN)}")
    is_chance = len(known) == 1 and found[0].program not in _CERTAIN
    if strange and (is_chance or len(strange) > len(known)):
        words = tr(
            "It is no preset: {known} could be of a file of {program}, and {strange} could not.",
            known=_named(known),
            program=tr(found[0].program),
            strange=_named(strange),
        )
        raise PresetError(f"{words} {tr(_KNOWN)}")


def _named(keys: Iterable[str]) -> str:
    return first_keys([visible_line(key, 40) for key in keys], _MOST_KEYS_NAMED)


def _from_object(values: Values, stem: str, *, absent: bool) -> Imported:
    if str(values.get("format", "")).startswith(_OTHER_FILE):
        raise PresetError(
            tr(
                "It is another file of Kelvin Studio’s, and no preset. A comparison is opened with "
                "Compare › Open comparison."
            )
        )
    if own.is_own(values):
        return own.read(values, stem)
    return _format_of(values).read(values, stem, absent=absent)


def _format_of(values: Values) -> Format:
    """Which form an object has: known by how it is built, then by the names of its keys."""
    if "operation" in values or ("load" in values and "identifier" in values):
        return lm_studio.FORMAT
    if "inference_params" in values:
        return lm_studio_older.FORMAT
    if "savedsettings" in values:
        return kobold.STORY_FORMAT
    if silly_tavern_parts.is_master(values):
        return silly_tavern_parts.MASTER_FORMAT
    if values.keys() & silly_tavern_chat.MARKS:
        return silly_tavern_chat.FORMAT
    silly_tavern_parts.refuse_template(values)
    if silly_tavern_parts.is_system_prompt(values):
        return silly_tavern_parts.SYSTEM_PROMPT_FORMAT
    if "options" in values:
        return ollama.BODY_FORMAT
    if "parameters" in values or len(values.keys() & novel_ai.MARKS) > 1:
        return novel_ai.FORMAT
    if values.keys() & hugging_face.MARKS:
        return hugging_face.FORMAT
    if values.keys() & openai_body.CERTAIN and "temp" not in values:
        return openai_body.FORMAT
    tavern, kobolds = _count(values, silly_tavern.MARKS), _count(values, kobold.MARKS)
    named = "preset" in values or "title" in values
    if max(tavern, kobolds):
        if kobolds > tavern or (named and kobolds):
            return kobold.FORMAT
        if tavern > kobolds or "typical" not in values:
            return silly_tavern.FORMAT
        return kobold.FORMAT
    if {"do_sample", "max_new_tokens"} & values.keys():
        return hugging_face.FORMAT
    if values.keys() & openai_body.MARKS:
        return openai_body.FORMAT
    raise _unknown_file()


def _unknown_file() -> PresetError:
    words = tr("It is no preset that is known here.")
    return PresetError(f"{words} {tr(_KNOWN)}")


def _count(values: Values, marks: Collection[str]) -> int:
    return len(values.keys() & set(marks))


def _called(imported: Imported, name: str) -> Imported:
    """The same under another name; the one in the file is then of no account."""
    return replace(
        imported,
        document=imported.document.called(name),
        carried=tuple(entry for entry in imported.carried if entry.to != ("name",)),
    )


def _stem(path: Path) -> str:
    name = path.name
    for suffix in _SUFFIXES:
        if name.lower().endswith(suffix.lower()) and len(name) > len(suffix):
            return name[: -len(suffix)]
    return name


_SUFFIXES = (
    *(".preset.json", ".json", ".preset", ".settings", ".yaml", ".yml", ".ini", ".txt", ".args"),
    ".Modelfile",
)


def export(preset: Preset, format_name: str) -> Exported:
    """The preset as a file of another program.

    Args:
        preset: What is written.
        format_name: One of `EXPORT_FORMATS`.

    Raises:
        PresetError: there is no such format; names those that there are.
    """
    writer = WRITERS.get(format_name.lower())
    if writer is None:
        raise refused("format", format_name, tr("one of {names}", names=", ".join(WRITERS)))
    return writer(preset)
