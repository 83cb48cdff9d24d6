"""SillyTavern's other files: Master Export, system prompts, and templates, which are refused."""

from __future__ import annotations

from collections.abc import Mapping

from studio.presets.errors import PresetError, refused
from studio.presets.foreign import silly_tavern
from studio.presets.foreign.keys import KeyTable, carried, without_place
from studio.presets.foreign.quirks import note_macros
from studio.presets.foreign.source import Imported, Source
from studio.translation import mark, tr

MASTER = mark("SillyTavern Master Export")
SYSTEM_PROMPT = mark("SillyTavern system prompt")

_TEMPLATE = mark("A part of a chat template; the studio takes the model's own.")
PROMPT_KEYS: KeyTable = {
    "name": carried("name", words=mark("Else the file's name.")),
    "content": carried(
        "system_message", words=mark("With its macros as they stand; the preset is for a chat.")
    ),
    "post_history": without_place(
        mark("A prompt behind the chat; the studio has one system message.")
    ),
    "enabled": without_place(mark("Whether SillyTavern uses it."), True, False),
}
MASTER_KEYS: KeyTable = {
    "preset": carried("temperature", words=mark("A text-completion preset, and the name.")),
    "sysprompt": carried(
        "system_message", "prompt_format", words=mark("The text of its `content`.")
    ),
    "instruct": without_place(_TEMPLATE),
    "context": without_place(_TEMPLATE),
    "reasoning": without_place(mark("How thoughts are set apart from the answer.")),
    "srw": without_place(mark("How SillyTavern begins an answer.")),
}
"""Of the whole file; what `preset` has in it is SillyTavern's own table."""

_SECTIONS = ("preset", "sysprompt", "instruct", "context")
_TEMPLATES: tuple[tuple[frozenset[str], str], ...] = (
    (
        frozenset({"input_sequence", "output_sequence"}),
        mark("It is an instruct template of SillyTavern's."),
    ),
    (frozenset({"story_string"}), mark("It is a context template of SillyTavern's.")),
    (
        frozenset({"prefix", "suffix", "separator"}),
        mark("It is a reasoning template of SillyTavern's."),
    ),
)


def is_master(values: Mapping[str, object]) -> bool:
    """Whether this is a Master Export: objects by the names of its sections."""
    sections = [values[key] for key in _SECTIONS if key in values]
    return bool(sections) and all(isinstance(section, dict) for section in sections)


def is_system_prompt(values: Mapping[str, object]) -> bool:
    """Whether this is a system prompt: a name and a text, and nothing that it cannot have."""
    texts = isinstance(values.get("content"), str) and isinstance(values.get("name"), str)
    return texts and values.keys() <= PROMPT_KEYS.keys()


def refuse_template(values: Mapping[str, object]) -> None:
    """Refuse a template by what it is.

    Raises:
        PresetError: it is one.
    """
    for keys, words in _TEMPLATES:
        if keys <= values.keys():
            about = tr(
                "Such a template is how a prompt is written for a model, and nothing of the "
                "sampling. The studio takes the model's own chat template. Export the "
                "text-completion preset, or all of it as a Master Export."
            )
            raise PresetError(f"{tr(words)} {about}")


def read_system_prompt(values: Mapping[str, object], name: str) -> Imported:
    """A preset of a system message alone.

    Args:
        values: The keys of the file.
        name: A preset's name.

    Raises:
        PresetError: the text is none, or is empty.
    """
    source = Source(values, PROMPT_KEYS)
    named = "name", source.give_up("name") or name
    _carry_prompt(source, "content", source.consume("content"))
    return source.imported(name, SYSTEM_PROMPT, named)


def read_master(values: Mapping[str, object], name: str, *, absent: bool) -> Imported:
    """The preset of a Master Export: its text-completion preset with its system prompt.

    Args:
        values: The file's object.
        name: What to call it where the preset has no name.
        absent: Whether what the preset is silent on is as SillyTavern has it.

    Raises:
        PresetError: a value is not allowed, or neither of the two is there.
    """
    preset = values.get("preset", {})
    if not isinstance(preset, dict):
        raise refused("preset", preset, tr("an object with the settings"))
    settings = {key: value for key, value in preset.items() if key != "name"}
    own = silly_tavern.ABSENT if absent and settings else None
    source = Source(settings, silly_tavern.KEYS, "preset.", own)
    silly_tavern.carry_sampling(source)
    outer = Source({key: values[key] for key in values if key != "preset"}, MASTER_KEYS)
    prompt = outer.consume("sysprompt")
    named = ("preset.name", preset["name"]) if preset.get("name") else None
    if isinstance(prompt, dict):
        if named is None and prompt.get("name"):
            named = "sysprompt.name", prompt["name"]
        _carry_prompt(outer, "sysprompt", prompt.get("content"))
    source.join(outer)
    return source.imported(name, MASTER, named)


def _carry_prompt(source: Source, key: str, text: object) -> None:
    if text is not None:
        source.set_system_message(text, key)
        note_macros(source, key, text)
