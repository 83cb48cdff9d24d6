"""NovelAI's presets: `.preset` files with `parameters`, and SillyTavern's flat form of them."""

from __future__ import annotations

from collections.abc import Mapping

from studio.presets.errors import refused
from studio.presets.foreign.keys import KeyTable, carried, same, without_place
from studio.presets.foreign.quirks import BELOW_ZERO
from studio.presets.foreign.source import Imported, Source
from studio.translation import mark, tr

PROGRAM = "NovelAI"

_KEYS = {
    "top_k": "top_k",
    "top_p": "top_p",
    "min_p": "min_p",
    "typical_p": "typical_p",
    "repetition_penalty": "repeat_penalty",
    "repetition_penalty_range": "repeat_last_n",
    "repetition_penalty_frequency": "frequency_penalty",
    "repetition_penalty_presence": "presence_penalty",
}
_STEPS = {
    "temperature": "temperature",
    "top_k": "top_k",
    "top_p": "top_p",
    "typical_p": "typical_p",
    "min_p": "min_p",
}
_NUMBERS = {0: "temperature", 1: "top_k", 2: "top_p", 3: "tfs", 4: "top_a", 5: "typical_p"} | {
    6: "cfg", 7: "top_g", 8: "mirostat", 9: "math1", 10: "min_p",
}  # fmt: skip
"""The steps of `order` where it is a list of numbers."""
_RANGE = "repetition_penalty_range"
_SERVER = mark("How a server answers, and no setting.")

KEYS: KeyTable = {
    "name": carried("name", words=mark("Else the file's name.")),
    "temperature": carried("temperature", words=mark("Below 0 is greedy: T 0.")),
    **same(_KEYS),
    _RANGE: carried("repeat_last_n", words=mark("0 is the whole text: -1.")),
    "max_length": carried("max_tokens", words=mark("Below 1 is no limit, and listed.")),
    "order": carried(
        "samplers",
        words=mark(
            "Names with a switch each, or numbers; penalties run first. What is switched off, "
            "and what the list leaves out, does not run."
        ),
    ),
    "tail_free_sampling": without_place(
        mark("Tail-free sampling: cuts where the curve of probabilities flattens."), 1
    ),
    "top_a": without_place(
        mark("Cuts below a share of the best token's squared probability."), 0, 1
    ),
    "top_g": without_place(mark("Cuts by groups of probabilities."), 0),
    "mirostat_lr": without_place(mark("NovelAI's own Mirostat, a step of its order."), 1, 0),
    "mirostat_tau": without_place(mark("NovelAI's own Mirostat, a step of its order."), 0),
    "math1_temp": without_place(mark("Unified sampling: bends the distribution."), 1),
    "math1_quad": without_place(mark("Unified sampling: bends the distribution."), 0),
    "math1_quad_entropy_scale": without_place(mark("Unified sampling: bends the distribution."), 0),
    "cfg_scale": without_place(mark("Guidance: a second evaluation leads the first."), 1),
    "cfg_uc": without_place(mark("What guidance leads away from."), ""),
    "phrase_rep_pen": without_place(mark("Forbids phrases to come again."), "off"),
    "min_length": without_place(mark("No end before so many tokens."), 0, 1),
    "repetition_penalty_slope": without_place(
        mark("Weakens the repeat penalty of tokens farther back."), 0
    ),
    "repetition_penalty_default_whitelist": without_place(
        mark("Spares common words from the penalty."), False
    ),
    "stop_sequences": without_place(mark("Token ids of NovelAI's own models."), [], [[]]),
    "bad_words_ids": without_place(mark("Token ids of NovelAI's own models.")),
    "logit_bias_groups": without_place(mark("Biases of NovelAI's own models.")),
    "logit_bias_exp": without_place(mark("Biases of NovelAI's own models.")),
    "bracket_ban": without_place(mark("Keeps NovelAI's models from brackets.")),
    "num_logprobs": without_place(mark("How many probabilities are sent; the studio shows all.")),
    "max_context": without_place(mark("The size of the context: see Model options.")),
    "prefix": without_place(mark("A module of NovelAI's own models."), "vanilla"),
    "use_cache": without_place(_SERVER, True, False),
    "return_full_text": without_place(_SERVER, True, False),
    "generate_until_sentence": without_place(mark("Writes on to the end of a sentence."), False),
    "textGenerationSettingsVersion": without_place(mark("The version of the form."), *range(10)),
    "presetVersion": without_place(mark("The version of the form."), *range(10)),
    "model": without_place(mark("The model: see Model › Open model.")),
    "id": without_place(mark("NovelAI's own name for the file.")),
    "remoteId": without_place(mark("NovelAI's own name for the file.")),
}
"""Of `parameters`, and beside it."""

ABSENT: Mapping[str, object] = {"repeat_last_n": -1}
"""What NovelAI takes where a preset is silent, where it is another than the neutral value."""

MARKS = frozenset(
    {"tail_free_sampling", "phrase_rep_pen", "repetition_penalty_slope", "math1_temp"}
    | {"repetition_penalty_frequency", "repetition_penalty_presence"}
)
"""Keys by which the flat form is known."""


def read(values: Mapping[str, object], name: str, *, absent: bool) -> Imported:
    """The preset in such an object.

    Args:
        values: The object, with `parameters` or flat.
        name: What to call it where it has no name.
        absent: Whether what the file is silent on is as NovelAI has it, which is neutral but for
            the reach of its penalties: the whole text.

    Raises:
        PresetError: a value is not allowed.
    """
    parameters = values.get("parameters", values)
    if not isinstance(parameters, dict):
        raise refused("parameters", parameters, tr("an object with the settings"))
    source = Source(parameters, KEYS, absent=ABSENT if absent else None)
    if parameters is not values:
        for key, value in values.items():
            if key not in ("parameters", "name"):
                source.put(key, value)
    own_name = source.give_up("name") or values.get("name")
    source.carry_temperature("temperature", below_zero=tr(BELOW_ZERO))
    reach = source.number(_RANGE, is_whole=True)
    if reach is not None:
        if reach == 0:
            source.note(_RANGE, tr("0 is the whole text there."))
        source.set("repeat_last_n", reach or -1, _RANGE)
    source.carry({key: field for key, field in _KEYS.items() if key != _RANGE})
    source.carry_max_tokens("max_length")
    _carry_order(source)
    return source.imported(name, PROGRAM, ("name", own_name) if own_name else None)


def _carry_order(source: Source) -> None:
    """The steps that are on, each once; penalties run before all of them."""
    order = source.consume("order")
    if order is None:
        return
    if not isinstance(order, list):
        raise refused("order", order, tr("a list of steps"))
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
            raise refused(f"order[{index}]", entry, tr("a name, a number, or { id, enabled }"))
        step = _STEPS.get(str(name))
        if step is None:
            why = tr("The studio has no such step.")
            source.lose("order", name, had_effect=False, why=why)
        else:
            steps[step] = None
    source.set("samplers", tuple(steps), "order")
