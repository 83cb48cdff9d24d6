"""NovelAI's presets: `.preset` files with `parameters`, and SillyTavern's flat form of them."""

from __future__ import annotations

from studio.presets.errors import refused
from studio.presets.foreign import quirks, reasons
from studio.presets.foreign.format import Format, Values
from studio.presets.foreign.keys import (
    KeyTable,
    alike,
    among,
    apart,
    carried,
    itself,
    same,
    without_place,
)
from studio.presets.foreign.source import Imported, Source, object_in
from studio.translation import mark, tr

PROGRAM = "NovelAI"

_KEYS = {
    **itself("top_k", "top_p", "min_p", "typical_p"),
    "repetition_penalty": "repeat_penalty",
    "repetition_penalty_range": "repeat_last_n",
    "repetition_penalty_frequency": "frequency_penalty",
    "repetition_penalty_presence": "presence_penalty",
}
_STEPS = ("temperature", "top_k", "top_p", "typical_p", "min_p")
"""Those of its order that there are here, by the same names."""
_NUMBERS = {0: "temperature", 1: "top_k", 2: "top_p", 3: "tfs", 4: "top_a", 5: "typical_p"} | {
    6: "cfg", 7: "top_g", 8: "mirostat", 9: "math1", 10: "min_p",
}  # fmt: skip
"""The steps of `order` where it is a list of numbers."""
_RANGE = "repetition_penalty_range"


def _carry_reach(source: Source, key: str) -> None:
    reach = source.number(key, is_whole=True)
    if reach is not None:
        if reach == 0:
            source.note(key, tr("0 is the whole text there."))
        source.set("repeat_last_n", reach or -1, key)


def _carry_order(source: Source, key: str) -> None:
    """The steps that are on, each once; penalties run before all of them."""
    order = source.consume(key)
    if order is None:
        return
    if not isinstance(order, list):
        raise refused(key, order, tr("a list of steps"))
    steps = {"penalties": None}
    for index, entry in enumerate(order):
        name = entry
        if isinstance(entry, dict):
            if entry.get("enabled") is False:
                continue
            name = entry.get("id")
        elif isinstance(entry, int) and not isinstance(entry, bool):
            name = _NUMBERS.get(entry, entry)
        elif not isinstance(entry, str):
            raise refused(f"{key}[{index}]", entry, tr("a name, a number, or { id, enabled }"))
        if name in _STEPS:
            steps[str(name)] = None
        else:
            quirks.lose_steps(source, key, [name], had_effect=False)
    source.set("samplers", tuple(steps), key)


_MIROSTAT = mark("NovelAI's own Mirostat, a step of its order.")
_UNIFIED = mark("Unified sampling: bends the distribution.")
_TOKENS = mark("Token ids of NovelAI's own models.")
KEYS: KeyTable = {
    "name": apart("name", words=mark("Else the file's name.")),
    "temperature": carried("temperature", words=mark("Below 0 is greedy: T 0.")),
    **same(_KEYS),
    _RANGE: carried("repeat_last_n", words=mark("0 is the whole text: -1."), carry=_carry_reach),
    "max_length": carried("max_tokens"),
    "order": carried(
        "samplers",
        words=mark(
            "Names with a switch each, or numbers; penalties run first. What is switched off, "
            "and what the list leaves out, does not run."
        ),
        carry=_carry_order,
    ),
    "tail_free_sampling": without_place(reasons.TAIL_FREE, 1),
    "top_a": without_place(reasons.TOP_A, 0, 1),
    "top_g": without_place(mark("Cuts by groups of probabilities."), 0),
    "mirostat_lr": without_place(_MIROSTAT, 1, 0),
    "mirostat_tau": without_place(_MIROSTAT, 0),
    "math1_temp": without_place(_UNIFIED, 1),
    **alike(_UNIFIED, "math1_quad", "math1_quad_entropy_scale", idle=(0,)),
    "cfg_scale": without_place(reasons.GUIDANCE, 1),
    "cfg_uc": without_place(reasons.LEADS_AWAY, ""),
    "phrase_rep_pen": without_place(mark("Forbids phrases to come again."), "off"),
    "min_length": without_place(reasons.NO_END_BEFORE, 0, 1),
    "repetition_penalty_slope": without_place(
        mark("Weakens the repeat penalty of tokens farther back."), 0
    ),
    "repetition_penalty_default_whitelist": without_place(
        mark("Spares common words from the penalty."), False
    ),
    "stop_sequences": without_place(_TOKENS, [], [[]]),
    "bad_words_ids": without_place(_TOKENS),
    **alike(mark("Biases of NovelAI's own models."), "logit_bias_groups", "logit_bias_exp"),
    "bracket_ban": without_place(mark("Keeps NovelAI's models from brackets.")),
    "num_logprobs": without_place(reasons.SHOWS_ALL),
    "max_context": without_place(reasons.CONTEXT),
    "prefix": without_place(mark("A module of NovelAI's own models."), "vanilla"),
    **alike(reasons.ANSWER, "use_cache", "return_full_text", idle=(True, False)),
    "generate_until_sentence": without_place(mark("Writes on to the end of a sentence."), False),
    **alike(
        mark("The version of the form."),
        *("textGenerationSettingsVersion", "presetVersion"),
        idle=tuple(range(10)),
    ),
    **among("model"),
    **alike(mark("NovelAI's own name for the file."), "id", "remoteId"),
}
"""Of `parameters`, and beside it."""

ABSENT: Values = {"repeat_last_n": -1}
"""What NovelAI takes where a preset is silent, where it is another than the neutral value."""

MARKS = frozenset(
    {"tail_free_sampling", "phrase_rep_pen", "repetition_penalty_slope", "math1_temp"}
    | {"repetition_penalty_frequency", "repetition_penalty_presence"}
)
"""Keys by which the flat form is known."""


def _read(values: Values, name: str, *, absent: bool) -> Imported:
    """The preset in such an object, with `parameters` or flat."""
    if "parameters" in values:
        inner = object_in(values, "parameters", mark("an object with the settings"))
        beside = {key: value for key, value in values.items() if key != "parameters"}
        # The name within counts before the one beside it.
        named = inner.get("name") or beside.get("name")
        values = {**inner, **beside, "name": named}
    source = FORMAT.opened(values, absent=absent)
    if own_name := source.give_up("name"):
        source.named = "name", own_name
    quirks.carry_all(source)
    return source.imported(name, PROGRAM)


FORMAT = Format(program=PROGRAM, keys=KEYS, absent=ABSENT, reader=_read)
