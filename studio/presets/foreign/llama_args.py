"""llama.cpp's command-line arguments: a line as one types it, with or without the program."""

from __future__ import annotations

import math
import re
import shlex
from collections.abc import Collection, Iterable, Sequence

from msgspec.structs import replace

from studio.presets.credentials import is_secret
from studio.presets.errors import PresetError, refused
from studio.presets.foreign import quirks, reasons
from studio.presets.foreign.format import Format, Values
from studio.presets.foreign.keys import KeyTable, alike, apart, carried, same, without_place
from studio.presets.foreign.orders import is_llama_default, to_llama_names
from studio.presets.foreign.plain_text import number_of
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

ABSENT: Values = {"temperature": 0.8, "top_k": 40, "top_p": 0.95, "min_p": 0.05}
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


def _carry_stops(source: Source, key: str) -> None:
    if stops := source.consume(key):
        assert isinstance(stops, list)
        source.set_stops([unescaped(stop) for stop in stops], key)


def _carry_breakers(source: Source, key: str) -> None:
    """The first one replaces those that are so by default, and `none` all that stand before it."""
    found = source.consume(key)
    if isinstance(found, list):
        behind = len(found) - [*reversed(found), _NO_BREAKERS].index(_NO_BREAKERS)
        source.put(key, [unescaped(text) for text in found[behind:]])
        quirks.carry_breakers(source, key)


def _carry_biases(source: Source, key: str) -> None:
    if biases := source.consume(key):
        assert isinstance(biases, list)
        source.add_biases(dict(map(_bias, biases)), key)


def _bias(text: str) -> tuple[int, float]:
    found = _BIAS.fullmatch(text)
    if not found:
        allowed = tr("a token id and a signed number, such as 15043+1")
        raise refused("--logit-bias", text, allowed)
    if found[2].lower() in ("-inf", "-infinity"):
        return int(found[1]), -math.inf
    return int(found[1]), float(number_of("--logit-bias", found[2]))


_PLACES: KeyTable = {
    **same(_KEYS),
    "--samplers": apart("samplers", words=mark("Names with `;` between.")),
    "--sampling-seq": apart(
        "samplers", words=mark("Letters: e d s k y p m x t. `--samplers` counts before it.")
    ),
    "--dry-sequence-breaker": carried(
        "dry_sequence_breakers",
        words=mark("The first replaces the usual ones; `none` is none at all."),
        carry=_carry_breakers,
    ),
    "--logit-bias": carried(
        "logit_bias", words=mark("`15043-1`; `15043-inf` bans the token."), carry=_carry_biases
    ),
    "--predict": carried("max_tokens"),
    "--reverse-prompt": carried("stop", words=mark("Once for each."), carry=_carry_stops),
    "--system-prompt": carried("system_message"),
    "--ignore-eos": without_place(reasons.NO_END),
    **alike(reasons.GRAMMAR, "--grammar", "--grammar-file"),
    **alike(reasons.SCHEMA, "--json-schema", "--json-schema-file"),
    "--backend-sampling": without_place(mark("Where sampling is computed.")),
    "--tfs": without_place(reasons.TAIL_FREE),
    **alike(reasons.MODEL, "--model", "--hf-repo"),
    **alike(reasons.PROMPT, "--prompt", "--file"),
    "--ctx-size": without_place(reasons.CONTEXT),
    **alike(
        reasons.SPEED,
        *("--threads", "--threads-batch", "--gpu-layers", "--batch-size", "--ubatch-size"),
        *("--mmap", "--no-mmap", "--mlock", "--flash-attn", "--cache-type-k", "--cache-type-v"),
        "--kv-unified",
    ),
    "--chat-template": without_place(reasons.TEMPLATE),
    "--conversation": without_place(mark("How the console talks.")),
    "--keep": without_place(reasons.SHIFT),
    "--alias": without_place(mark("What a server calls the model.")),
    "--mmproj": without_place(mark("The part of a model that sees pictures.")),
    "--jinja": without_place(mark("How a chat template is read; here as Jinja always.")),
    "--chat-template-kwargs": without_place(mark("Switches of the model's own chat template.")),
    "--reasoning-format": without_place(reasons.THOUGHTS),
    "--reasoning-budget": without_place(reasons.THINKS_LONG),
    **alike(mark("How a server is run."), "--parallel", "--host", "--port", "--load-on-startup"),
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
    source = FORMAT.opened({}, absent=absent)
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
    quirks.carry_all(source)
    _carry_order(source)
    quirks.settle_adaptive(source, "--adaptive-target")


def _carry_order(source: Source) -> None:
    letters, names = source.consume("--sampling-seq"), source.consume("--samplers")
    if isinstance(names, str):
        if letters is not None:
            why = tr("`--samplers` counts before it.")
            source.lose("--sampling-seq", letters, had_effect=False, why=why)
        quirks.carry_order(source, "--samplers", [name for name in names.split(";") if name])
    elif isinstance(letters, str):
        quirks.carry_order(source, "--sampling-seq", letters)


def write(preset: Preset) -> Exported:
    """The preset as arguments, those that are not as they are by default here."""
    target = Target(preset, PROGRAM)
    params, neutral = preset.sampling, SamplingParams()
    line: list[str] = []

    def add(flag: str, value: object) -> None:
        line.append(f"{flag} {shlex.quote(str(value))}")

    for flag, value in quirks.give_numbers(target, _KEYS).items():
        add(flag, value if _KEYS[flag] in WHOLE else repr(value))
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
    if text := quirks.give_chat(target):
        add("--system-prompt", escaped(text))
    return target.exported(" \\\n  ".join(line) + "\n", ".args")


FORMAT = Format(program=PROGRAM, keys=KEYS, absent=ABSENT, write=write)
