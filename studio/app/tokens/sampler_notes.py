"""Notes on where the window shows less than the samplers do, or what their draws have decided."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from studio.app.parameters.table import SAMPLING_NUMBERS
from studio.app.tokens.place import TokenPlace
from studio.app.tokens.words import percent
from studio.sampling import SWITCHES, Breakers, LogitSketch, SamplingParams, active_steps
from studio.sampling.logits.penalties import recent
from studio.sampling.samplers.steps import (
    TAKES_OTHERS,
    active_changes,
    changes_come_first,
    needs_logits,
)
from studio.sampling.word_tokens import NO_BIASES
from studio.translation import mark, tr

NO_WORDS = mark("Words with biases are not known as tokens yet: shown as if they had none.")
NO_BREAKERS = mark(
    "DRY's sequence breakers are not known as tokens yet: shown as if nothing broke a repetition."
)

NO_REPEAT_PENALTY = mark(
    "The repeat penalty is left out: it divides logits, and a server sends log-probabilities. "
    "Presence and frequency penalties do without."
)

NEAR_TIE = mark(
    "A near-tie: the two best logits, penalties and biases counted, differ by less than arithmetic "
    "does from run to run, so even T 0 may not always give the same token here."
)

_NAMES = {
    switch.step: SAMPLING_NUMBERS[switch.name] for step in TAKES_OTHERS for switch in SWITCHES[step]
}


class Note(NamedTuple):
    """A note to show beside a distribution.

    Attributes:
        words: A sentence.
        is_exact: Whether what is shown is still what the sampler uses.
    """

    words: str
    is_exact: bool = False


def place_notes(
    params: SamplingParams,
    place: TokenPlace,
    sketch: LogitSketch,
    breakers: Breakers | None,
    words: Mapping[int, float] | None = NO_BIASES,
) -> tuple[Note, ...]:
    """Say what is not known of the samplers at a place, and what XTC's draw has decided.

    Args:
        params: The parameters in force.
        place: What is known of the place.
        sketch: Its distribution.
        breakers: DRY's sequence breakers as tokens; None where these are not known.
        words: What words with biases add to logits here; None where that is not known.
    """
    notes = [
        *_server_notes(params, sketch),
        Note(tr(NO_WORDS)) if words is None else None,
        _bias_note(params, sketch, words or {}),
    ]
    if params.mirostat:
        if not place.knows_carried(params):
            notes.append(
                Note(
                    tr("What Mirostat had learnt by here is not known: shown as at a first token.")
                )
            )
    else:
        steps = active_steps(params)
        if "xtc" in steps:
            notes.append(_xtc_note(params, place))
        if not place.knows_carried(params):
            notes.append(
                Note(
                    tr(
                        "What adaptive-p had learnt by here is not known: shown as at a first "
                        "token."
                    )
                )
            )
        if "dry" in steps and breakers is None:
            notes.append(Note(tr(NO_BREAKERS)))
        notes.append(_history_note(params, place))
        notes.append(_reward_note(params, place, sketch))
    return tuple([note for note in notes if note is not None])


def flip_notes(
    params: SamplingParams, *, texts_known: bool, history_known: bool, banned: int = 0
) -> tuple[str, ...]:
    """Say where the flip temperature is approximate or missing, and why; empty where it is exact.

    Args:
        params: The parameters in force.
        texts_known: Whether the tokens of sequence breakers and words with biases are known.
        history_known: Whether the whole history that penalties and DRY need is known.
        banned: How many tokens have none because biases ban all tokens known at their place.
    """
    left_out = _without_one_turn(params)
    notes = []
    if banned:
        notes.append(
            tr(
                "%n tokens without blame: the logit biases ban all that is known there.",
                "",
                banned,
                one="%n token without blame: the logit biases ban all that is known there.",
            )
        )
    if left_out:
        notes.append(
            tr(
                "Approximate: {names} left out, for with them there is no one T at which the "
                "draw turns.",
                "",
                len(left_out),
                one="Approximate: {names} left out, for with it there is no one T at which the "
                "draw turns.",
                names=tr(" and ").join(left_out),
            )
        )
    changes = active_changes(params)
    if params.word_biases and not texts_known:
        notes.append(tr("Approximate: {why}", why=tr(NO_WORDS)))
    if not changes:
        return tuple(notes)
    names = _joined(
        [tr("penalties"), tr("DRY")], [name in changes for name in ("penalties", "dry")]
    )
    if not changes_come_first(params):
        notes.append(
            tr(
                "Approximate: {names} left out, for in this order of samplers they stand "
                "behind temperature or a filter.",
                names=names,
            )
        )
    elif not history_known:
        notes.append(
            tr(
                "Approximate: not all of the text for {names} is known.",
                names=names,
            )
        )
    if "dry" in changes and not texts_known:
        notes.append(tr("Approximate: {why}", why=tr(NO_BREAKERS)))
    return tuple(notes)


def sees_all(params: SamplingParams, place: TokenPlace) -> bool:
    """Whether the history is as long as penalties and DRY need it.

    Args:
        params: The sampling parameters.
        place: The tokens before.
    """
    return place.is_whole or _reach(params) <= len(place.history)


def _without_one_turn(params: SamplingParams) -> list[str]:
    if params.mirostat:
        return [tr("Mirostat")]
    names = [_NAMES[name].in_short("").strip() for name in active_steps(params) if name in _NAMES]
    return [*names, *([tr("dynamic temperature")] if params.dynatemp_range else [])]


def _xtc_note(params: SamplingParams, place: TokenPlace) -> Note | None:
    if params.xtc_probability >= 1.0:
        return None
    xtc_chance = place.xtc_chance(params)
    if xtc_chance is not None:
        seed = place.seed_with(params)
        return Note(
            tr("With seed {seed}, XTC acts here.", seed=seed)
            if xtc_chance <= params.xtc_probability
            else tr("With seed {seed}, XTC does not act here.", seed=seed),
            is_exact=True,
        )
    often = percent(params.xtc_probability)
    if place.is_next:
        return Note(
            tr(
                "XTC acts on {often} of tokens; shown where it acts. A fixed seed shows.",
                often=often,
            )
        )
    return Note(
        tr(
            "XTC acts on {often} of tokens; its draw is not known here, shown as if it acted.",
            often=often,
        )
    )


def _server_notes(params: SamplingParams, sketch: LogitSketch) -> list[Note]:
    notes = []
    if sketch.is_truncated:
        from studio.sampling.sketches.truncated_sketch import TruncatedSketch  # few texts need it

        assert isinstance(sketch, TruncatedSketch), "no other is truncated"
        words = tr(
            "The {count:,} likeliest are known; what is pale is open.",
            count=sketch.known,
        )
        notes.append(Note(words, is_exact=True))
    if not sketch.knows_zero and needs_logits(params):
        notes.append(Note(tr(NO_REPEAT_PENALTY), is_exact=True))
    return notes


def _bias_note(
    params: SamplingParams, sketch: LogitSketch, words: Mapping[int, float]
) -> Note | None:
    # What a word's ban takes from the tail is next to nothing: there are always such forms of it.
    favoured = {token for token, bias in words.items() if bias > 0.0}
    beyond = _unknown({token for token, _ in params.logit_bias} | favoured, sketch)
    if not beyond:
        return None
    return Note(
        tr(
            "%n biased tokens are beyond the {size} best, and shown without the bias.",
            "",
            beyond,
            one="One biased token is beyond the {size} best, and shown without the bias.",
            size=sketch.ids.size,
        )
    )


def _history_note(params: SamplingParams, place: TokenPlace) -> Note | None:
    if not active_changes(params) or sees_all(params, place):
        return None
    known = len(place.history)
    if not known:
        return Note(tr("None of the tokens before are known, and counted for penalties and DRY."))
    return Note(
        tr(
            "Only %n of the tokens before are known, and counted for penalties and DRY.",
            "",
            known,
            one="Only %n of the tokens before is known, and counted for penalties and DRY.",
        )
    )


def _reward_note(params: SamplingParams, place: TokenPlace, sketch: LogitSketch) -> Note | None:
    rewards = (
        params.repeat_penalty < 1.0
        or params.frequency_penalty < 0.0
        or params.presence_penalty < 0.0
    )
    if "penalties" not in active_changes(params) or not rewards:
        return None
    if not _unknown(set(recent(place.history, params.repeat_last_n)), sketch):
        return None
    return Note(
        tr(
            "Tokens that this “penalty” favours, but that are beyond the {size} "
            "best, are shown without it.",
            size=sketch.ids.size,
        )
    )


def _unknown(tokens: set[int], sketch: LogitSketch) -> int:
    return len(tokens.difference(sketch.ids.tolist())) if tokens else 0


def _reach(params: SamplingParams) -> float:
    """How many tokens penalties and DRY look back; infinite for all."""
    changes = active_changes(params)
    reaches = [params.repeat_last_n] * ("penalties" in changes)
    reaches += [params.dry_penalty_last_n] * ("dry" in changes)
    return max((float("inf") if reach < 0 else reach for reach in reaches), default=0.0)


def _joined(names: Sequence[str], which: Sequence[bool]) -> str:
    return tr(" and ").join([name for name, is_one in zip(names, which, strict=True) if is_one])
