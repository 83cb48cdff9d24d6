"""llama.cpp's command-line arguments: a line as one types it, with or without the program."""

from __future__ import annotations

import math
import re
import shlex
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from studio.presets.credentials import is_secret
from studio.presets.errors import PresetError, refused
from studio.presets.foreign.keys import KeyTable, carried, same, without_place
from studio.presets.foreign.orders import (
    from_letters,
    from_llama_names,
    is_llama_default,
    to_llama_names,
)
from studio.presets.foreign.plain_text import number_of
from studio.presets.foreign.quirks import BELOW_ZERO, carry_breakers, settle_adaptive
from studio.presets.foreign.source import WHOLE, Imported, Source
from studio.presets.foreign.target import Exported, Target
from studio.presets.preset import Preset
from studio.sampling import NUMBERS, SamplingParams
from studio.translation import mark, tr

_NEGATIVE = re.compile(r"-(\d|\.\d|inf)", re.IGNORECASE)


def words(text: str) -> list[str]:
    """The words of a line, its continuations joined.

    Raises:
        PresetError: a quotation mark is not closed.
    """
    joined = re.sub(r"\\\r?\n", " ", text)
    try:
        return shlex.split(joined, comments=True)
    except ValueError as error:
        words = tr("The arguments end within a quotation ({why}). Close it.", why=error)
        raise PresetError(words) from error


def arguments(found: Sequence[str], takes_any: Collection[str]) -> list[tuple[str, str | None]]:
    """Each flag with what stands behind it; what stands alone is the program or a file.

    Args:
        found: The words.
        takes_any: Flags whose value may look like a flag itself.
    """
    pairs: list[tuple[str, str | None]] = []
    place = 0
    while place < len(found):
        word = found[place]
        place += 1
        if not word.startswith("-") or _NEGATIVE.match(word):
            if pairs:
                pairs.append((word, None))
            continue  # before the first flag: the program
        flag, equals, value = word.partition("=")
        if equals and word.startswith("--"):
            pairs.append((flag, value))
            continue
        following = found[place] if place < len(found) else None
        is_value = following is not None and (
            word in takes_any
            or is_secret(word)  # whose value is never to be taken for a flag, and named
            or not following.startswith("-")
            or _NEGATIVE.match(following) is not None
        )
        pairs.append((word, following if is_value else None))
        place += is_value
    return pairs


_ESCAPES = (("\\", "\\\\"), ("\n", "\\n"), ("\t", "\\t"), ("\r", "\\r"))
_UNESCAPE = re.compile(r"\\([ntr\\\"'])")


def escaped(text: str) -> str:
    """`text` with the escapes that llama.cpp undoes."""
    for meant, written in _ESCAPES:
        text = text.replace(meant, written)
    return text


def unescaped(text: str) -> str:
    """`text` as llama.cpp takes it."""
    signs = {"n": "\n", "t": "\t", "r": "\r"}
    return _UNESCAPE.sub(lambda found: signs.get(found[1], found[1]), text)


PROGRAM = mark("llama.cpp arguments")

ABSENT: Mapping[str, object] = {"temperature": 0.8, "top_k": 40, "top_p": 0.95, "min_p": 0.05}
"""What llama.cpp's programs begin with, where it is another than the neutral value."""

_KEYS = {number.program_flag: name for name, number in NUMBERS.items() if number.program_flag}
_SAME = {
    "--temperature": "--temp",
    "--typical-p": "--typical",
    "--top-n-sigma": "--top-nsigma",
    "-s": "--seed",
    "--sampler-seq": "--sampling-seq",
    "-l": "--logit-bias",
    "-n": "--predict",
    "--n-predict": "--predict",
    "-r": "--reverse-prompt",
    "-sys": "--system-prompt",
    "-m": "--model",
    "-p": "--prompt",
    "-f": "--file",
    "-c": "--ctx-size",
    "-t": "--threads",
    "-ngl": "--gpu-layers",
    "--n-gpu-layers": "--gpu-layers",
    "-b": "--batch-size",
    "-fa": "--flash-attn",
    "-cnv": "--conversation",
    "-j": "--json-schema",
    "-bs": "--backend-sampling",
    "-hf": "--hf-repo",
    "-hfr": "--hf-repo",
    "--hf": "--hf-repo",
    "-a": "--alias",
    "-np": "--parallel",
    "-ub": "--ubatch-size",
    "-ctk": "--cache-type-k",
    "-ctv": "--cache-type-v",
    "-kvu": "--kv-unified",
    "-tb": "--threads-batch",
}
_OTHERS = frozenset(
    {"--samplers", "--sampling-seq", "--logit-bias", "--predict", "--reverse-prompt"}
    | {"--system-prompt", "--dry-sequence-breaker"}
)
_LISTS = frozenset({"--logit-bias", "--reverse-prompt", "--dry-sequence-breaker"})
"""Those that may stand there several times."""
_NO_BREAKERS = "none"
"""Takes all of DRY's sequence breakers away; a breaker of this spelling cannot be given."""
_BIAS = re.compile(r"(\d{1,9})([+-].+)")

_SPEED = mark("Speed and memory: see Model options.")
_PLACES: KeyTable = {
    **same(_KEYS),
    "--samplers": carried("samplers", words=mark("Names with `;` between.")),
    "--sampling-seq": carried(
        "samplers", words=mark("Letters: e d s k y p m x t. `--samplers` counts before it.")
    ),
    "--dry-sequence-breaker": carried(
        "dry_sequence_breakers",
        words=mark("The first replaces the usual ones; `none` is none at all."),
    ),
    "--logit-bias": carried("logit_bias", words=mark("`15043-1`; `15043-inf` bans the token.")),
    "--predict": carried("max_tokens", words=mark("Below 1 is no limit, and listed.")),
    "--reverse-prompt": carried("stop", words=mark("Once for each.")),
    "--system-prompt": carried(
        "system_message", "prompt_format", words=mark("The preset is then for a chat.")
    ),
    "--ignore-eos": without_place(mark("Writes on where the model would end.")),
    "--grammar": without_place(mark("A grammar that the text must follow.")),
    "--grammar-file": without_place(mark("A grammar that the text must follow.")),
    "--json-schema": without_place(mark("A JSON schema that the text must follow.")),
    "--json-schema-file": without_place(mark("A JSON schema that the text must follow.")),
    "--backend-sampling": without_place(mark("Where sampling is computed.")),
    "--tfs": without_place(
        mark("Tail-free sampling: cuts where the curve of probabilities flattens.")
    ),
    "--model": without_place(mark("The model: see Model › Open model.")),
    "--prompt": without_place(mark("A prompt, and no setting.")),
    "--file": without_place(mark("A prompt, and no setting.")),
    "--ctx-size": without_place(mark("The size of the context: see Model options.")),
    "--threads": without_place(_SPEED),
    "--gpu-layers": without_place(_SPEED),
    "--batch-size": without_place(_SPEED),
    "--no-mmap": without_place(_SPEED),
    "--mlock": without_place(_SPEED),
    "--flash-attn": without_place(_SPEED),
    "--chat-template": without_place(
        mark("Another chat template; the studio takes the model's own.")
    ),
    "--conversation": without_place(mark("How the console talks.")),
    "--keep": without_place(mark("What of the prompt stays where the context is full.")),
    "--hf-repo": without_place(mark("The model: see Model › Open model.")),
    "--alias": without_place(mark("What a server calls the model.")),
    "--mmproj": without_place(mark("The part of a model that sees pictures.")),
    "--jinja": without_place(mark("How a chat template is read; here as Jinja always.")),
    "--chat-template-kwargs": without_place(mark("Switches of the model's own chat template.")),
    "--reasoning-format": without_place(mark("How thoughts are set apart from the answer.")),
    "--reasoning-budget": without_place(mark("How long the model thinks.")),
    "--parallel": without_place(mark("How a server is run.")),
    "--host": without_place(mark("How a server is run.")),
    "--port": without_place(mark("How a server is run.")),
    "--load-on-startup": without_place(mark("How a server is run.")),
    "--ubatch-size": without_place(_SPEED),
    "--cache-type-k": without_place(_SPEED),
    "--cache-type-v": without_place(_SPEED),
    "--kv-unified": without_place(_SPEED),
    "--mmap": without_place(_SPEED),
    "--threads-batch": without_place(_SPEED),
}
KEYS: KeyTable = {
    **_PLACES,
    **{flag: replace(_PLACES[own], another=own) for flag, own in _SAME.items()},
}
"""Every argument under each of its names."""

FLAGS = frozenset(flag for flag, key in KEYS.items() if key.becomes)
"""Arguments by which such a line is known."""


def own_flag(word: str) -> str:
    """A flag as the table has it: llama.cpp takes `--top_k` for `--top-k`."""
    dashed = word.replace("_", "-") if word.startswith("--") else word
    return _SAME.get(dashed, dashed)


def is_arguments(text: str) -> bool:
    """Whether these are arguments of llama.cpp: a long one of them, or they begin with a short one.

    Short ones alone are other programs' too, and stand in what people write.
    """
    words = text.split()
    begins = words[:1] if words and "llama" not in words[0].lower() else words
    flags = [word for word in words if word.startswith("--")]
    flags += [word for word in begins if word.startswith("-")]
    return any(own_flag(flag.partition("=")[0]) in FLAGS for flag in flags)


def read(text: str, name: str, *, absent: bool) -> Imported:
    """The preset in such a line.

    Args:
        text: The line.
        name: What to call it.
        absent: Whether what the line is silent on is as llama.cpp has it.

    Raises:
        PresetError: a value is missing or not allowed.
    """
    takes_any = {flag for flag in KEYS if own_flag(flag) in _OTHERS}
    source = Source({}, KEYS, absent=ABSENT if absent else None)
    carry_arguments(source, arguments(words(text), takes_any))
    return source.imported(name, PROGRAM)


def carry_arguments(source: Source, pairs: Iterable[tuple[str, str | None]]) -> None:
    """Carry flags with their values over.

    Args:
        source: What is read, and what became of it.
        pairs: Each flag with its value, None where it has none.

    Raises:
        PresetError: a value is missing or not allowed.
    """
    lists: dict[str, list[str]] = {}
    for given, value in pairs:
        flag = own_flag(given)
        if flag not in _KEYS and flag not in _OTHERS:
            place = KEYS.get(given, _PLACES.get(flag))
            source.lose(given, value, why=place.reason if place else "")
            continue
        if value is None:
            raise refused(flag, value, tr("a value behind it"))
        if flag in _LISTS:
            lists.setdefault(flag, []).append(value)
        elif flag in _KEYS or flag == "--predict":
            source.put(flag, number_of(flag, value))
        elif flag == "--system-prompt":
            source.put(flag, unescaped(value))
        else:
            source.put(flag, value)
    for flag, values in lists.items():
        source.put(flag, values)
    source.carry_temperature("--temp", below_zero=tr(BELOW_ZERO))
    source.carry(_KEYS)
    source.carry_max_tokens("--predict")
    source.carry_system_message("--system-prompt")
    if stops := source.consume("--reverse-prompt"):
        assert isinstance(stops, list)
        source.set_stops([unescaped(stop) for stop in stops], "--reverse-prompt")
    _carry_breakers(source)
    if biases := source.consume("--logit-bias"):
        assert isinstance(biases, list)
        source.add_biases(dict(map(_bias, biases)), "--logit-bias")
    _carry_order(source)
    settle_adaptive(source, "--adaptive-target")


def _carry_breakers(source: Source) -> None:
    """The first one replaces those that are so by default, and `none` all that stand before it."""
    found = source.consume("--dry-sequence-breaker")
    if isinstance(found, list):
        behind = len(found) - [*reversed(found), _NO_BREAKERS].index(_NO_BREAKERS)
        source.put("--dry-sequence-breaker", [unescaped(text) for text in found[behind:]])
        carry_breakers(source, "--dry-sequence-breaker")


def _carry_order(source: Source) -> None:
    letters, names = source.consume("--sampling-seq"), source.consume("--samplers")
    if isinstance(names, str):
        if letters is not None:
            why = tr("`--samplers` counts before it.")
            source.lose("--sampling-seq", letters, had_effect=False, why=why)
        order, unknown = from_llama_names(name for name in names.split(";") if name)
        source.set("samplers", order, "--samplers")
        for step in unknown:
            source.lose("--samplers", step, why=tr("The studio has no such step."))
    elif isinstance(letters, str):
        steps, unknown = from_letters(letters)
        source.set("samplers", steps, "--sampling-seq")
        for letter in unknown:
            source.lose("--sampling-seq", letter, why=tr("The studio has no such step."))


def _bias(text: str) -> tuple[int, float]:
    found = _BIAS.fullmatch(text)
    if not found:
        allowed = tr("a token id and a signed number, such as 15043+1")
        raise refused("--logit-bias", text, allowed)
    if found[2].lower() in ("-inf", "-infinity"):
        return int(found[1]), -math.inf
    return int(found[1]), float(number_of("--logit-bias", found[2]))


def write(preset: Preset) -> Exported:
    """The preset as arguments, those that are not as they are by default here."""
    target = Target(preset, PROGRAM)
    params, neutral = preset.sampling, SamplingParams()
    line: list[str] = []

    def add(flag: str, value: object) -> None:
        line.append(f"{flag} {shlex.quote(str(value))}")

    # llama.cpp's own defaults are no neutral ones: what cuts and weakens is said in any case.
    always = {"temperature", "top_k", "top_p", "min_p", "repeat_penalty"}
    for flag, field in _KEYS.items():
        value = target.give(field)
        if value is not None and (field in always or value != getattr(neutral, field)):
            add(flag, value if field in WHOLE else repr(value))
    target.carried({"dry_sequence_breakers", "stop", "logit_bias"})
    target.order_by_llama_names()
    if not is_llama_default(params):
        add("--samplers", ";".join(to_llama_names(params)))
    if params.dry_sequence_breakers != neutral.dry_sequence_breakers:
        breakers = [text for text in params.dry_sequence_breakers if text != _NO_BREAKERS]
        if len(breakers) < len(params.dry_sequence_breakers):
            words = tr("There the word `none` takes all breakers away.")
            target.lose("dry_sequence_breakers", words)
        for text in breakers or (_NO_BREAKERS,):
            add("--dry-sequence-breaker", escaped(text))
    for token, bias in params.biases:
        add("--logit-bias", f"{token}{bias:+}")
    add("--predict", target.give("max_tokens"))
    for stop in preset.stop:
        add("--reverse-prompt", escaped(stop))
    if preset.prompt_format == "chat" and preset.system_message:
        target.carried({"system_message", "prompt_format"})
        add("--system-prompt", escaped(preset.system_message))
    return target.exported(" \\\n  ".join(line) + "\n", ".args")
