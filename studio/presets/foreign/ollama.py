"""Ollama's Modelfiles: the PARAMETER and SYSTEM lines of one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from studio.presets.errors import PresetError, refused, shown
from studio.presets.foreign.keys import (
    LLAMA_CPP_NAMES,
    KeyTable,
    carried,
    same,
    without_place,
)
from studio.presets.foreign.plain_text import number_of
from studio.presets.foreign.quirks import BELOW_ZERO, carry_messages
from studio.presets.foreign.source import WHOLE, Imported, Source
from studio.presets.foreign.target import Exported, Target
from studio.presets.preset import Preset
from studio.sampling import DEFAULT_SAMPLERS, SamplingParams
from studio.translation import mark, tr

PROGRAM = mark("Ollama Modelfile")

ABSENT: Mapping[str, object] = {"temperature": 0.8, "top_k": 40, "top_p": 0.9}
"""What Ollama begins with, where it is another than the neutral value."""
_NO_MIROSTAT = mark("Ollama of today does not know Mirostat any more, and takes no notice.")
_DEPRECATED = ("mirostat", "mirostat_tau", "mirostat_eta")

_KEYS = {
    "temperature": "temperature",
    **LLAMA_CPP_NAMES,
}
_SPEED = mark("Speed and memory: see Model options.")
KEYS: KeyTable = {
    **same(_KEYS),
    "num_predict": carried("max_tokens", words=mark("Below 1 is no limit, and listed.")),
    "stop": carried("stop", words=mark("A line each.")),
    "SYSTEM": carried(
        "system_message",
        "prompt_format",
        words=mark("The preset is then for a chat; the last one counts."),
    ),
    "tfs_z": without_place(
        mark("Tail-free sampling: cuts where the curve of probabilities flattens."), 1
    ),
    "num_ctx": without_place(mark("The size of the context: see Model options.")),
    "num_keep": without_place(mark("What of the prompt stays where the context is full.")),
    "draft_num_predict": without_place(mark("Speed: speculation with a draft model.")),
    "penalize_newline": without_place(mark("Whether penalties count for line ends; here they do.")),
    **dict.fromkeys(
        ("num_batch", "num_gpu", "main_gpu", "num_thread", "use_mmap", "use_mlock", "numa"),
        without_place(_SPEED),
    ),
    "FROM": without_place(mark("The model: see Model › Open model.")),
    "TEMPLATE": without_place(mark("Another chat template; the studio takes the model's own.")),
    "ADAPTER": without_place(mark("A LoRA beside the model.")),
    "LICENSE": without_place(mark("The model's licence.")),
    "MESSAGE": without_place(mark("Messages before the first one.")),
    "REQUIRES": without_place(mark("The least version of Ollama.")),
    "DRAFT": without_place(mark("Speed: speculation with a draft model.")),
    "RENDERER": without_place(
        mark("How Ollama writes a prompt; the studio takes the model's template.")
    ),
    "PARSER": without_place(mark("How thoughts and tools are set apart from the answer.")),
}
"""Parameters by their names, and instructions in capitals."""

_NAMES = frozenset(
    {"FROM", "PARAMETER", "SYSTEM", "TEMPLATE", "ADAPTER", "LICENSE", "MESSAGE", "REQUIRES"}
    | {"DRAFT", "RENDERER", "PARSER"}
)
_IDLE = frozenset({"LICENSE", "REQUIRES"})
_NO_INSTRUCTION = mark("Ollama knows no such instruction, and would refuse the file.")
_MOST_INSTRUCTIONS = 10_000
_FENCE = '"""'

BODY = mark("Ollama request")
BODY_KEYS: KeyTable = {
    **same(_KEYS),
    **{key: entry for key, entry in KEYS.items() if key.islower()},
    "stop": carried("stop", words=mark("A list, or one text.")),
    "system": carried(
        "system_message", "prompt_format", words=mark("The preset is then for a chat.")
    ),
    "messages": carried(
        "system_message",
        "prompt_format",
        words=mark(
            "Those of the system, where `system` is missing; others are a prompt, and listed."
        ),
    ),
    "model": without_place(mark("The model: see Model › Open model.")),
    "prompt": without_place(mark("A prompt, and no setting.")),
    "suffix": without_place(mark("A prompt, and no setting.")),
    "template": without_place(mark("Another chat template; the studio takes the model's own.")),
    "stream": without_place(mark("How the answer arrives."), True, False),
    "raw": without_place(mark("Whether the prompt goes through a template."), False),
    "format": without_place(mark("A form that the text must follow.")),
    "keep_alive": without_place(mark("How long the model stays in memory.")),
    "context": without_place(mark("What was said before.")),
    "images": without_place(mark("Pictures.")),
    "tools": without_place(mark("Tools that the model may call.")),
    "think": without_place(mark("Whether the model thinks first."), False),
    "truncate": without_place(mark("What happens where the context is full.")),
    "shift": without_place(mark("What happens where the context is full.")),
    "logprobs": without_place(mark("How many probabilities are sent; the studio shows all.")),
    "top_logprobs": without_place(mark("How many probabilities are sent; the studio shows all.")),
}
"""Of a request's body and of its `options`."""
_OUTSIDE = mark("Ollama reads it within `options` alone.")


def is_modelfile(text: str) -> bool:
    """Whether this is a Modelfile: a parameter is set, or it begins with an instruction."""
    lines = (line.split(None, 2) for line in text.splitlines() if not line.lstrip().startswith("#"))
    found = [line for line in lines if len(line) > 1]
    if any(line[0].upper() == "PARAMETER" and len(line) > 2 for line in found):
        return True
    # In capitals, as everyone writes them: prose may begin with “From”.
    return bool(found) and found[0][0] in ("FROM", "SYSTEM", "TEMPLATE", "ADAPTER")


def read(text: str, name: str, *, absent: bool) -> Imported:
    """The preset in such a file.

    Args:
        text: The file.
        name: What to call it.
        absent: Whether what the file is silent on is as Ollama has it.

    Raises:
        PresetError: a quotation does not end, or a value is not allowed.
    """
    source = Source({}, KEYS, absent=ABSENT if absent else None)
    stops: list[str] = []
    for count, (instruction, key, value) in enumerate(instructions(text)):
        if count == _MOST_INSTRUCTIONS:
            words = tr("It has more than {most:,} instructions. It is no preset.", most=count)
            raise PresetError(words)
        if instruction == "PARAMETER":
            key = key.lower()
            if key == "stop":
                stops.append(value)
            elif key in _KEYS or key in ("num_predict", "tfs_z"):
                source.put(key, number_of(key, value))
            else:
                source.lose(key, value)
        elif instruction == "SYSTEM":
            source.put("SYSTEM", value)  # the last one counts
        elif instruction in _NAMES:
            value = f"{key} {value}" if key else value
            source.lose(instruction, value, had_effect=instruction not in _IDLE)
        else:
            why = tr(_NO_INSTRUCTION)
            source.lose(instruction, value, had_effect=False, why=why, is_unknown=True)
    if stops:
        source.put("stop", stops)
    _carry(source)
    source.carry_system_message("SYSTEM")
    return source.imported(name, PROGRAM)


def read_body(values: Mapping[str, object], name: str, *, absent: bool) -> Imported:
    """The preset in the body of a request to Ollama: its `options`.

    Args:
        values: The body.
        name: What to call it.
        absent: Whether what it is silent on is as Ollama has it.

    Raises:
        PresetError: a value is not allowed.
    """
    options = values.get("options")
    if not isinstance(options, dict):
        raise refused("options", options, tr("an object with the parameters"))
    source = Source(options, BODY_KEYS, "options.", ABSENT if absent else None)
    _carry(source)
    outer = Source({}, BODY_KEYS, "")
    for key, value in values.items():
        if key in ("options", "system", "messages"):
            continue
        if key in options or key in _KEYS:
            outer.lose(key, value, had_effect=False, why=tr(_OUTSIDE))
        else:
            outer.put(key, value)
    for key in ("messages", "system"):
        outer.put(key, values.get(key))
    carry_messages(outer)
    outer.carry_system_message("system")
    source.join(outer)
    return source.imported(name, BODY)


def _carry(source: Source) -> None:
    source.carry_temperature("temperature", below_zero=tr(BELOW_ZERO))
    for key in _DEPRECATED:
        if key in source:
            source.note(key, tr(_NO_MIROSTAT))
    source.carry(_KEYS)
    source.carry_max_tokens("num_predict")
    source.carry_stops("stop")


def instructions(text: str) -> Iterator[tuple[str, str, str]]:
    """The instructions of a Modelfile, as Ollama's own parser takes them apart.

    A value ends with its line, except within quotation marks, `"` or `\"\"\"`, which count at the
    value's two ends alone. There are no escapes. What cannot be printed is dropped, but for spaces,
    tabs, and line ends within a quotation.

    Yields:
        The instruction in capitals, the name behind PARAMETER or the role behind MESSAGE, the
        value.

    Raises:
        PresetError: a quotation does not end, or a parameter has no value.
    """
    text = "".join(sign for sign in text if sign.isprintable() or sign in "\t\r\n")
    place, line = 0, 1
    while (found := _WORD.search(text, place)) is not None:
        line += text.count("\n", place, found.start())
        place = found.end()
        word, key = found[0], ""
        if word.startswith("#"):
            place = _line_end(text, found.start())
            continue
        if word.upper() in ("PARAMETER", "MESSAGE"):
            named = _NAME.match(text, place)
            if named is None:
                raise PresetError(
                    tr(
                        "line {line}: found {found} alone; allowed is a name and a value behind "
                        "it, such as PARAMETER temperature 0.7.",
                        line=line,
                        found=shown(word),
                    )
                )
            key, place = named[1], named.end()
        end = _value_end(text, place)
        if end is None:
            words = tr("line {line}: the quotation does not end. Close it.", line=line)
            raise PresetError(words)
        yield word.upper(), key, _unquoted(text[place:end].strip())
        line += text.count("\n", place, end)
        place = end


_WORD = re.compile(r"\S+")
_NAME = re.compile(r"[ \t]+([A-Za-z0-9_]+)(?=[ \t])")
_LINE_END = re.compile(r"[\r\n]")


def _line_end(text: str, place: int) -> int:
    found = _LINE_END.search(text, place)
    return found.start() if found else len(text)


def _value_end(text: str, place: int) -> int | None:
    """Where a value ends: at the first line end behind which no quotation is open."""
    begin, end = place, _line_end(text, place)
    fence = next((it for it in (_FENCE, '"') if text[place:end].strip().startswith(it)), "")
    opened = text.find(fence, place) + len(fence)
    while fence:
        last = begin + len(text[begin:end].rstrip())
        if last - len(fence) >= max(opened, begin) and text.endswith(fence, begin, last):
            break
        if end == len(text):
            return None
        begin, end = end, _line_end(text, end + 1)
    return end


def _unquoted(value: str) -> str:
    for fence in (_FENCE, '"'):
        if value.startswith(fence):
            return value[len(fence) : -len(fence)]
    return value


def quoted(text: str) -> str | None:
    """`text` as a value that Ollama reads back as it is; None where there is no such."""
    for fence in ("", '"', _FENCE):
        value = f"{fence}{text}{fence}"
        try:
            read_back = list(instructions(f"SYSTEM {value}\n"))
        except PresetError:
            continue
        if read_back == [("SYSTEM", "", text)]:
            return value
    return None


def write(preset: Preset) -> Exported:
    """The preset's PARAMETER lines; the writer adds a FROM."""
    target = Target(preset, PROGRAM)
    neutral = SamplingParams()
    # Ollama's own defaults are no neutral ones: what cuts and weakens is said in any case.
    always = {"temperature", "top_k", "top_p", "min_p", "repeat_penalty"}
    lines = []
    for key, field in _KEYS.items():
        value = target.give(field)
        if value is not None and (field in always or value != getattr(neutral, field)):
            lines.append(f"PARAMETER {key} {value if field in WHOLE else repr(value)}")
    lines.append(f"PARAMETER num_predict {target.give('max_tokens')}")
    target.carried({"stop"})
    for stop in preset.stop:
        written = quoted(stop)
        if written is None:
            words = tr("Its Modelfiles cannot say {text}; there are no escapes.", text=shown(stop))
            target.lose("stop", words)
        else:
            lines.append(f"PARAMETER stop {written}")
    if preset.prompt_format == "chat" and preset.system_message:
        message = quoted(preset.system_message)
        if message is None:
            words = tr("Its Modelfiles cannot say this text: no escapes.")
            target.lose("system_message", words)
        else:
            target.carried({"system_message", "prompt_format"})
            lines.append(f"SYSTEM {message}")
    if preset.sampling.mirostat:
        target.lose("mirostat", tr(_NO_MIROSTAT))
    target.order_is(DEFAULT_SAMPLERS)
    return target.exported("\n".join(lines) + "\n", ".Modelfile")
