"""Ollama's Modelfiles: the PARAMETER and SYSTEM lines of one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from studio.presets.errors import PresetError, shown
from studio.presets.foreign import quirks, reasons
from studio.presets.foreign.format import Format, Values
from studio.presets.foreign.keys import (
    LLAMA_CPP_NAMES,
    KeyTable,
    alike,
    among,
    apart,
    carried,
    same,
    without_place,
)
from studio.presets.foreign.plain_text import number_of
from studio.presets.foreign.source import WHOLE, Imported, Source, object_in
from studio.presets.foreign.target import Exported, Target
from studio.presets.preset import Preset
from studio.sampling import DEFAULT_SAMPLERS
from studio.translation import mark, tr

PROGRAM = mark("Ollama Modelfile")

ABSENT: Values = {"temperature": 0.8, "top_k": 40, "top_p": 0.9}
"""What Ollama begins with, where it is another than the neutral value."""
_NO_MIROSTAT = mark("Ollama of today does not know Mirostat any more, and takes no notice.")
_DEPRECATED = ("mirostat", "mirostat_tau", "mirostat_eta")

_KEYS = {
    "temperature": "temperature",
    **LLAMA_CPP_NAMES,
}
KEYS: KeyTable = {
    **same(_KEYS),
    "num_predict": carried("max_tokens"),
    "stop": carried("stop", words=mark("A line each.")),
    "SYSTEM": carried(
        "system_message", words=mark("The preset is then for a chat; the last one counts.")
    ),
    **among("tfs_z"),
    "num_ctx": without_place(reasons.CONTEXT),
    "num_keep": without_place(reasons.SHIFT),
    "penalize_newline": without_place(reasons.LINE_ENDS),
    **alike(reasons.DRAFT, "draft_num_predict", "DRAFT"),
    **alike(
        reasons.SPEED,
        *("num_batch", "num_gpu", "main_gpu", "num_thread", "use_mmap", "use_mlock", "numa"),
    ),
    "FROM": without_place(reasons.MODEL),
    "TEMPLATE": without_place(reasons.TEMPLATE),
    "ADAPTER": without_place(mark("A LoRA beside the model.")),
    "LICENSE": without_place(mark("The model's licence.")),
    "MESSAGE": without_place(mark("Messages before the first one.")),
    "REQUIRES": without_place(mark("The least version of Ollama.")),
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
    **{key: entry for key, entry in KEYS.items() if key.islower()},
    "stop": carried("stop"),
    "system": apart("system_message"),
    "messages": apart(
        "system_message",
        words=mark(
            "Those of the system, where `system` is missing; others are a prompt, and listed."
        ),
    ),
    **among("model", "tools"),
    **alike(reasons.PROMPT, "prompt", "suffix"),
    "template": without_place(reasons.TEMPLATE),
    "stream": without_place(reasons.ARRIVES, True, False),
    "raw": without_place(mark("Whether the prompt goes through a template."), False),
    "format": without_place(mark("A form that the text must follow.")),
    "keep_alive": without_place(mark("How long the model stays in memory.")),
    "context": without_place(mark("What was said before.")),
    "images": without_place(mark("Pictures.")),
    "think": without_place(reasons.THINKS_FIRST, False),
    **alike(mark("What happens where the context is full."), "truncate", "shift"),
    **alike(reasons.SHOWS_ALL, "logprobs", "top_logprobs"),
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
    source = FORMAT.opened({}, absent=absent)
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
    return source.imported(name, PROGRAM)


def _read_body(values: Values, name: str, *, absent: bool) -> Imported:
    """The preset in the `options` of a request's body."""
    options = object_in(values, "options", mark("an object with the parameters"))
    source = BODY_FORMAT.opened(options, absent=absent, prefix="options.")
    _carry(source)
    outer = Source({}, BODY_KEYS)
    for key, value in values.items():
        if key in ("options", "system", "messages"):
            continue
        if key in options or key in _KEYS:
            outer.lose(key, value, had_effect=False, why=tr(_OUTSIDE))
        else:
            outer.put(key, value)
    for key in ("messages", "system"):
        outer.put(key, values.get(key))
    quirks.carry_messages(outer, "messages")
    outer.carry_system_message("system")
    source.join(outer)
    return source.imported(name, BODY)


def _carry(source: Source) -> None:
    for key in _DEPRECATED:
        if key in source:
            source.note(key, tr(_NO_MIROSTAT))
    quirks.carry_all(source)


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
    lines = [
        f"PARAMETER {key} {value if _KEYS[key] in WHOLE else repr(value)}"
        for key, value in quirks.give_numbers(target, _KEYS).items()
    ]
    lines.append(f"PARAMETER num_predict {target.give('max_tokens')}")
    target.carried({"stop"})
    for stop in preset.stop:
        written = quoted(stop)
        if written is None:
            words = tr("Its Modelfiles cannot say {text}; there are no escapes.", text=shown(stop))
            target.lose("stop", words)
        else:
            lines.append(f"PARAMETER stop {written}")
    message = quoted(preset.system_message) if preset.system_message else ""
    if message is None:
        words = tr("Its Modelfiles cannot say this text: no escapes.")
        target.lose("system_message", words)
    elif quirks.give_chat(target):
        lines.append(f"SYSTEM {message}")
    if preset.sampling.mirostat:
        target.lose("mirostat", tr(_NO_MIROSTAT))
    target.order_is(DEFAULT_SAMPLERS)
    return target.exported("\n".join(lines) + "\n", ".Modelfile")


FORMAT = Format(program=PROGRAM, keys=KEYS, absent=ABSENT, write=write)
BODY_FORMAT = Format(program=BODY, keys=BODY_KEYS, absent=ABSENT, reader=_read_body)
