"""SillyTavern's other files: Master Export, system prompts, and templates, which are refused."""

from __future__ import annotations

from studio.presets.errors import PresetError
from studio.presets.foreign import quirks, reasons, silly_tavern
from studio.presets.foreign.format import Format, Values
from studio.presets.foreign.keys import Key, KeyTable, alike, apart, carried, without_place
from studio.presets.foreign.source import Imported, Source, object_in
from studio.translation import mark, tr

MASTER = mark("SillyTavern Master Export")
SYSTEM_PROMPT = mark("SillyTavern system prompt")


def _carry_prompt(source: Source, key: str) -> None:
    """The text of a system prompt, or of the object of one."""
    found = source.consume(key)
    if isinstance(found, dict):
        if source.named is None and found.get("name"):
            source.named = f"{key}.name", found["name"]
        found = found.get("content")
    elif key != "content":
        return
    if found is not None:
        source.set_system_message(found, key)
        quirks.note_macros(source, key, found)


PROMPT_KEYS: KeyTable = {
    "name": apart("name", words=mark("Else the file's name.")),
    "content": Key(
        ("system_message",),
        mark("With its macros as they stand; the preset is for a chat."),
        carry=_carry_prompt,
    ),
    "post_history": without_place(
        mark("A prompt behind the chat; the studio has one system message.")
    ),
    "enabled": without_place(mark("Whether SillyTavern uses it."), True, False),
}
MASTER_KEYS: KeyTable = {
    "preset": apart("temperature", words=mark("A text-completion preset, and the name.")),
    "sysprompt": carried(
        "system_message", words=mark("The text of its `content`."), carry=_carry_prompt
    ),
    **alike(reasons.TEMPLATE_PART, "instruct", "context"),
    "reasoning": without_place(reasons.THOUGHTS),
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


def is_master(values: Values) -> bool:
    """Whether this is a Master Export: objects by the names of its sections."""
    sections = [values[key] for key in _SECTIONS if key in values]
    return bool(sections) and all(isinstance(section, dict) for section in sections)


def is_system_prompt(values: Values) -> bool:
    """Whether this is a system prompt: a name and a text, and nothing that it cannot have."""
    texts = isinstance(values.get("content"), str) and isinstance(values.get("name"), str)
    return texts and values.keys() <= PROMPT_KEYS.keys()


def refuse_template(values: Values) -> None:
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


def _carry_named(source: Source) -> None:
    source.call_by("name")
    quirks.carry_all(source)


SYSTEM_PROMPT_FORMAT = Format(program=SYSTEM_PROMPT, keys=PROMPT_KEYS, carry=_carry_named)


def _read_master(values: Values, name: str, *, absent: bool) -> Imported:
    """The text-completion preset of a Master Export with its system prompt."""
    preset = object_in({"preset": {}, **values}, "preset", mark("an object with the settings"))
    settings = {key: value for key, value in preset.items() if key != "name"}
    source = silly_tavern.FORMAT.opened(
        settings, absent=absent and bool(settings), prefix="preset."
    )
    silly_tavern.carry(source)
    outer = Source({key: values[key] for key in values if key != "preset"}, MASTER_KEYS)
    if preset.get("name"):
        outer.named = "preset.name", preset["name"]
    quirks.carry_all(outer)
    source.named = outer.named
    source.join(outer)
    return source.imported(name, MASTER)


MASTER_FORMAT = Format(
    program=MASTER, keys=MASTER_KEYS, absent=silly_tavern.ABSENT, reader=_read_master
)
