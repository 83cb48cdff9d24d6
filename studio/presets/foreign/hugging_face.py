"""Hugging Face's `generation_config.json`: how a model is meant to be sampled."""

from __future__ import annotations

import math

from studio.presets.foreign import quirks, reasons
from studio.presets.foreign.format import Format, Values
from studio.presets.foreign.keys import (
    SHARED,
    KeyTable,
    alike,
    among,
    apart,
    carried,
    itself,
    same,
    without_place,
)
from studio.presets.foreign.source import Source
from studio.translation import mark, tr

PROGRAM = mark("Hugging Face generation config")

_KEYS = {
    **itself("top_k", "top_p", "min_p", "typical_p"),
    "repetition_penalty": "repeat_penalty",
}
_ORDER = (
    "penalties", "temperature", "top_k", "top_p", "min_p", "typical_p", "dry", "top_n_sigma", "xtc",
)  # fmt: skip
"""Its own: temperature runs before the filters. The last three it does not have."""

ABSENT: Values = {"top_k": 50, "repeat_last_n": -1, "samplers": _ORDER}
"""What Transformers takes where a file is silent, where it is another than the neutral value."""
_BEAMS = mark("Beam search instead of sampling.")


def _carry_penalty(source: Source, key: str) -> None:
    source.carry_number(key, "repeat_penalty")
    if source.get("repeat_penalty") is not None:
        source.set("repeat_last_n", -1, key)


def _carry_bans(source: Source, key: str) -> None:
    biases: dict[int, float] = {}
    found = source.consume(key)
    if not isinstance(found, list):
        if found is not None:
            source.lose(key, found)
        return
    for entry in found:
        ids = entry if isinstance(entry, list) else [entry]
        is_one = len(ids) == 1 and isinstance(ids[0], int) and not isinstance(ids[0], bool)
        if is_one and 0 <= ids[0] < 2**31:
            biases[ids[0]] = -math.inf
        else:
            source.lose(key, entry, why=tr("A sequence of tokens cannot be banned here."))
    source.add_biases(biases, key)


KEYS: KeyTable = {
    "do_sample": apart(
        "temperature",
        words=mark("false is greedy: T 0. So is a file without it, as Transformers has it."),
    ),
    "temperature": apart(
        "temperature", words=mark("While `do_sample` is on. Below 0 is left out.")
    ),
    **same(_KEYS),
    "repetition_penalty": carried(
        "repeat_penalty",
        "repeat_last_n",
        words=mark("Over the whole text: -1 tokens."),
        carry=_carry_penalty,
    ),
    "max_new_tokens": carried("max_tokens"),
    "stop_strings": carried("stop"),
    "suppress_tokens": carried(
        "logit_bias", words=mark("Token ids: a bias of -inf each."), carry=_carry_bans
    ),
    "bad_words_ids": carried(
        "logit_bias",
        words=mark("Lists of token ids; those of one id get a bias of -inf, others are listed."),
        carry=_carry_bans,
    ),
    **SHARED,
    "max_length": without_place(mark("Tokens of prompt and answer together."), 20),
    "top_h": without_place(mark("Cuts by a share of the entropy.")),
    "num_return_sequences": without_place(reasons.SEVERAL, 1),
    "num_beam_groups": without_place(_BEAMS, 1),
    "diversity_penalty": without_place(_BEAMS, 0),
    **among("encoder_repetition_penalty"),
    "sequence_bias": without_place(mark("Biases of sequences of tokens.")),
    "begin_suppress_tokens": without_place(mark("Token ids that an answer cannot begin with.")),
    "forced_decoder_ids": without_place(mark("How an answer begins.")),
    "min_new_tokens": without_place(reasons.NO_END_BEFORE, 0),
    **alike(
        mark("Which of the model's tokens mean what; the model's file says it."),
        *("bos_token_id", "eos_token_id", "pad_token_id", "decoder_start_token_id"),
        *("forced_bos_token_id", "forced_eos_token_id"),
    ),
    "use_cache": without_place(reasons.SPEED, True, False),
    "cache_implementation": without_place(reasons.SPEED),
    "transformers_version": without_place(mark("Which version wrote the file.")),
    "_from_model_config": without_place(mark("Where the file comes from."), True, False),
    "_name_or_path": without_place(reasons.MODEL),
    "chat_format": without_place(
        mark("How a prompt is written; the studio takes the model's template.")
    ),
    "trust_remote_code": without_place(
        mark("Whether code of strangers may run; here none does."), False
    ),
}
_NO_SAY = (
    *("bos_token_id", "eos_token_id", "pad_token_id", "decoder_start_token_id", "max_length"),
    *("transformers_version", "use_cache", "_from_model_config"),
)
"""Keys that have no say in how a token is drawn, and are reported as such."""

MARKS = frozenset(
    {"transformers_version", "_from_model_config", "eos_token_id", "bos_token_id", "pad_token_id"}
    | {"decoder_start_token_id"}
)
"""Keys that no other program's presets have."""


def _absent(values: Values) -> Values:
    """What a file is silent on: above all `do_sample`, which is false then."""
    return ABSENT if values.get("do_sample") is not None else {**ABSENT, "temperature": 0.0}


def _carry(source: Source) -> None:
    is_silent = source.effective("temperature") == 0.0
    if source.flag("do_sample") is False:
        source.set("temperature", 0.0, "do_sample")
        if "temperature" in source:
            why = tr("With do_sample false the best token is taken: T 0.")
            source.lose("temperature", source.number("temperature"), had_effect=False, why=why)
    elif is_silent and source.number("temperature") is not None:
        source.set("temperature", 0.0, "temperature")
        words = tr("do_sample is missing, and false there: greedy, T 0.")
        source.note("temperature", words)
    else:
        source.carry_temperature("temperature")
    quirks.carry_all(source)
    for key in _NO_SAY:
        if key in source:
            source.lose(key, source.consume(key), had_effect=False)


FORMAT = Format(program=PROGRAM, keys=KEYS, absent=ABSENT, absent_of=_absent, carry=_carry)
