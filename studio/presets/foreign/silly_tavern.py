"""SillyTavern's text-completion presets: one flat JSON object; the name is the file's."""

from __future__ import annotations

import json
from collections.abc import Mapping

from studio.presets.foreign.keys import SHARED, KeyTable, carried, same, without_place
from studio.presets.foreign.orders import (
    from_llama_names,
    to_llama_names,
)
from studio.presets.foreign.quirks import (
    braced,
    carry_bans,
    carry_biases,
    carry_breakers,
    carry_dynamic_temperature,
    carry_webui_order,
    give_biases,
    give_dry_range,
    give_dynamic_temperature,
    give_words,
    has_penalty,
    kobold_order,
    settle_dry_range,
    text_list,
)
from studio.presets.foreign.source import Imported, Source
from studio.presets.foreign.target import Exported, Target
from studio.presets.preset import Preset
from studio.translation import mark, tr

PROGRAM = "SillyTavern"

ABSENT: Mapping[str, object] = {
    "temperature": 0.7,
    "top_k": 40,
    "top_p": 0.5,
    "repeat_penalty": 1.2,
    "repeat_last_n": 0,
}
"""What SillyTavern begins with, where it is another than the neutral value."""
_RANGE = "rep_pen_range"
_OVER_NONE = mark(
    "With llama.cpp, Ollama, TabbyAPI and text-generation-webui's llama.cpp loader 0 tokens are "
    "none; KoboldCpp takes the last token, text-generation-webui's other loaders all of them, and "
    "vLLM and Aphrodite know no range: set repeat_last_n to 1 or -1 for what those do."
)

_KEYS = {
    "dynatemp_exponent": "dynatemp_exponent",
    "top_k": "top_k",
    "top_p": "top_p",
    "min_p": "min_p",
    "typical_p": "typical_p",
    "nsigma": "top_n_sigma",
    "xtc_probability": "xtc_probability",
    "xtc_threshold": "xtc_threshold",
    "min_keep": "min_keep",
    "rep_pen": "repeat_penalty",
    "rep_pen_range": "repeat_last_n",
    "freq_pen": "frequency_penalty",
    "presence_pen": "presence_penalty",
    "dry_multiplier": "dry_multiplier",
    "dry_base": "dry_base",
    "dry_allowed_length": "dry_allowed_length",
    "dry_penalty_last_n": "dry_penalty_last_n",
    "mirostat_mode": "mirostat",
    "mirostat_tau": "mirostat_tau",
    "mirostat_eta": "mirostat_eta",
    "seed": "seed",
}

KEYS: KeyTable = {
    **same(_KEYS),
    "temp": carried("temperature", words=mark("While `dynatemp` is off. Below 0 is greedy: T 0.")),
    "dynatemp": carried(
        "temperature",
        "dynatemp_range",
        words=mark(
            "T moves between `min_temp` and `max_temp`: their middle and half their distance."
        ),
    ),
    "min_temp": carried("temperature", "dynatemp_range", words=mark("With `dynatemp`.")),
    "max_temp": carried("temperature", "dynatemp_range", words=mark("With `dynatemp`.")),
    "do_sample": carried("temperature", words=mark("false is greedy: T 0.")),
    _RANGE: carried(
        "repeat_last_n",
        words=mark("0 is none, as with llama.cpp; other back ends differ: reported."),
    ),
    "dry_penalty_last_n": carried(
        "dry_penalty_last_n", words=mark("0 while DRY is on is all tokens: -1.")
    ),
    "dry_sequence_breakers": carried("dry_sequence_breakers", words=mark("JSON inside a text.")),
    "logit_bias": carried(
        "logit_bias", words=mark("Entries of a token id or a word; -100 and less ban it.")
    ),
    "banned_tokens": carried(
        "logit_bias", words=mark("Lines of token ids, `[1, 2]`, or of texts: a bias of -inf.")
    ),
    "genamt": carried("max_tokens", words=mark("Below 1 is no limit, and listed.")),
    "samplers": carried(
        "samplers",
        words=mark(
            "llama.cpp's order, which counts before the others. Older lists (with `tfs_z`, "
            "without `penalties`) leave out penalties and DRY, which ran first."
        ),
    ),
    "sampler_priority": carried(
        "samplers", words=mark("text-generation-webui's order, where llama.cpp's is missing.")
    ),
    "temperature_last": carried(
        "samplers", words=mark("Puts T last, where `samplers` is missing.")
    ),
    "sampler_order": carried(
        "samplers", words=mark("KoboldCpp's numbers, where both other orders are missing.")
    ),
    "samplers_priorities": without_place(mark("Aphrodite's order of samplers.")),
    **SHARED,
    "tfs": without_place(
        mark("Tail-free sampling: cuts where the curve of probabilities flattens."), 1
    ),
    "top_a": without_place(mark("Cuts below a share of the best token's squared probability."), 0),
    "rep_pen_slope": without_place(
        mark("Weakens the repeat penalty of tokens farther back."), 0, 1
    ),
    "rep_pen_decay": without_place(mark("Lets the repeat penalty fade with distance."), 0),
    "rep_pen_size": without_place(mark("A repeat penalty's further range."), 0),
    "encoder_rep_pen": without_place(mark("Favours tokens of the prompt."), 1),
    "skew": without_place(mark("Skews the distribution towards one end."), 0),
    "adaptive_target": without_place(mark("Adaptive-p: draws near a probability."), 0, -1),
    "adaptive_decay": without_place(mark("How fast adaptive-p adapts.")),
    "max_tokens_second": without_place(mark("The most tokens a second."), 0),
    "max_length": without_place(mark("The size of the context: see Model options.")),
    "speculative_ngram": without_place(mark("Speed: speculation from the text so far."), False),
    "spaces_between_special_tokens": without_place(mark("How special tokens are spelled."), True),
    "n": without_place(mark("Several answers at once; the studio has takes."), 1),
    "streaming": without_place(mark("How the answer arrives."), True, False),
    "include_reasoning": without_place(mark("Whether reasoning is asked for."), True, False),
    "negative_prompt": without_place(mark("What guidance leads away from.")),
    "grammar_string": without_place(mark("A grammar that the text must follow.")),
    "json_schema": without_place(mark("A JSON schema that the text must follow.")),
    "custom_model": without_place(mark("Which model a server is asked for.")),
    "legacy_api": without_place(mark("How a server is spoken to."), True, False),
    "bypass_status_check": without_place(mark("How a server is spoken to."), True, False),
    "openrouter_allow_fallbacks": without_place(mark("How a server is spoken to."), True, False),
}

MARKS = frozenset(
    {"temp", "rep_pen", "freq_pen", "presence_pen", "typical_p", "dynatemp", "min_temp", "max_temp"}
    | {"temperature_last", "samplers", "sampler_priority", "epsilon_cutoff", "smoothing_factor"}
    | {"mirostat_mode", "rep_pen_range", "rep_pen_slope", "genamt", "tfs", "top_a", "nsigma"}
)
"""Keys by which such a file is known."""


def read(values: Mapping[str, object], name: str, *, absent: bool) -> Imported:
    """The preset in such an object.

    Args:
        values: The object.
        name: What to call it.
        absent: Whether what the file is silent on is as SillyTavern has it.

    Raises:
        PresetError: a value is not allowed.
    """
    source = Source(values, KEYS, absent=ABSENT if absent else None)
    carry_sampling(source)
    return source.imported(name, PROGRAM)


def carry_sampling(source: Source) -> None:
    """Carry the settings of such an object over.

    Raises:
        PresetError: a value is not allowed.
    """
    carry_dynamic_temperature(source, "dynatemp", "temp", "min_temp", "max_temp")
    source.carry(_KEYS)
    carry_breakers(source, "dry_sequence_breakers")
    settle_dry_range(source, "dry_penalty_last_n")
    carry_biases(source, "logit_bias", is_tavern=True)
    carry_bans(source, "banned_tokens", has_texts=True)
    source.carry_max_tokens("genamt")
    if source.flag("do_sample") is False:
        source.set("temperature", 0.0, "do_sample")
    if source.effective("repeat_last_n") == 0:
        for key in ("rep_pen", "freq_pen", "presence_pen"):
            source.note_if_idle(key, tr(_OVER_NONE))
    _carry_order(source)


def _carry_order(source: Source) -> None:
    """llama.cpp's order where there is one; else text-generation-webui's; else KoboldCpp's."""
    if "samplers" in source:
        names = text_list("samplers", source.consume("samplers"))
        order, unknown = from_llama_names(names)
        if "tfs_z" in names and "penalties" not in names:
            order = (*_runs_first(source), *order)
        source.set("samplers", order, "samplers")
        for name in unknown:
            # Of these the file has no parameters, or they are reported by their own keys.
            source.lose("samplers", name, had_effect=False, why=tr("The studio has no such step."))
        last = source.flag("temperature_last")
        is_last = bool(order) and order[-1] == "temperature"
        if last is not None and last != is_last:
            why = tr("`samplers` counts before it, and puts temperature last.")
            if not is_last:
                why = tr(
                    "`samplers` counts before it, and puts temperature elsewhere or leaves it out."
                )
            source.lose("temperature_last", last, had_effect=False, why=why)
        elif last is not None:
            source.note("temperature_last", tr("`samplers` says the same."))
        _pass_over(source, "sampler_priority", source.consume("sampler_priority"))
    elif "sampler_priority" in source or "temperature_last" in source:
        priority = source.consume("sampler_priority")
        theirs = None if priority is None else text_list("sampler_priority", priority)
        carry_webui_order(source, theirs)
    elif "sampler_order" in source:
        source.set("samplers", kobold_order(source, "sampler_order"), "sampler_order")
    _pass_over(source, "sampler_order", source.consume("sampler_order"))
    if source.get("samplers") is not None:
        _pass_over(source, "samplers_priorities", source.consume("samplers_priorities"))


def _runs_first(source: Source) -> list[str]:
    """What of penalties and DRY is on: older lists leave both out, and both ran before all else."""
    return [
        step
        for step, is_on in (
            ("penalties", has_penalty(source)),
            ("dry", bool(source.get("dry_multiplier"))),
        )
        if is_on
    ]


def _pass_over(source: Source, key: str, value: object) -> None:
    if value is not None:
        why = tr("An order for another backend; another one of the file's is taken.")
        source.lose(key, value, had_effect=False, why=why)


def write(preset: Preset) -> Exported:
    """The preset as such a file."""
    target = Target(preset, PROGRAM)
    values: dict[str, object] = give_dynamic_temperature(
        target, "dynatemp", "temp", "min_temp", "max_temp"
    )
    values.setdefault("dynatemp", False)
    values |= {key: target.give(field) for key, field in _KEYS.items()}
    if preset.sampling.top_n_sigma < 0:
        values["nsigma"] = 0
    values["dry_sequence_breakers"] = json.dumps(
        target.give("dry_sequence_breakers"), ensure_ascii=False
    )
    biases = [(f"[{token}]", bias) for token, bias in give_biases(target).items()]
    for form, bias in give_words(target):
        biases += [(shown, bias) for shown in braced(form)]
    values["logit_bias"] = [{"text": shown, "value": bias} for shown, bias in biases]
    values["genamt"] = target.give("max_tokens")
    target.order_by_llama_names()
    order = to_llama_names(preset.sampling)
    values["samplers"] = order
    values["temperature_last"] = order[-1:] == ["temperature"]
    text = json.dumps(values, indent=4, ensure_ascii=False) + "\n"
    give_dry_range(target)
    return target.exported(text, ".json")
