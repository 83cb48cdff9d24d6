"""The words on a take: which of how many it is, and how it was written."""

from __future__ import annotations

from studio.app.parameters.temperature_scale import format_temperature
from studio.app.writing.candidates import SENTENCE
from studio.manuscript import Take, TakeSet
from studio.translation import mark, tr
from studio.visible_text import visible_name

_ENDINGS = {
    "max_tokens": mark("full length"),
    "end_of_text": mark("end of text"),
    "stop_string": mark("stop string"),
    SENTENCE: mark("whole sentences"),
}
"""Why a take ended that the writer did not end."""

RETAKE_NOTHING = mark(
    "Put the caret in a text that the model wrote, or at its end: Retake writes another in its "
    "place, and what you have written after it stays"
)


def which_take(take_set: TakeSet) -> tuple[str, str]:
    """``take``, ``2 of 3``: which one is in the text; or that none is, and how many there are."""
    kept, take = take_set.kept, take_set.current
    count = len(kept)
    if take is not None:
        number = kept.index(take) + 1
        return tr("take"), tr("{number} of {count}", number=number, count=count)
    # An undo has taken them out of the text; none is lost.
    return tr("%n takes", "", count, one="%n take"), tr("kept")


def which_in_short(take_set: TakeSet) -> str:
    """``2/3``: which take is in the text, of how many."""
    kept, take = take_set.kept, take_set.current
    number = "–" if take is None else f"{kept.index(take) + 1}"
    return f"{number}/{len(kept)}"


def ending(take: Take) -> str:
    """Why it ended: ``full length``; empty where the writer ended it or it goes on."""
    return tr(_ENDINGS[take.ending]) if take.ending in _ENDINGS else ""


def temperatures(take: Take) -> str:
    """``0.80``, or the first and the last T where it was turned; empty where unknown."""
    if not take.temperatures:
        return ""
    first, last = map(format_temperature, (take.temperatures[0], take.temperatures[-1]))
    return first if len(take.temperatures) == 1 else tr("{first} to {last}", first=first, last=last)


def temperature_words(take: Take) -> str:
    """``T 0.80``: as `temperatures`, with the sign."""
    found = temperatures(take)
    return tr("T {temperatures}", temperatures=found) if found else ""


def standing(take_set: TakeSet) -> tuple[int, int] | None:
    """The rank of the take in the text among those that were ranked, and how many these are.

    None where it was not, or alone.
    """
    take = take_set.current
    if take is None or take.follows is None:
        return None
    ranked = [one.follows for one in take_set.kept if one.follows is not None]
    return (sum(one < take.follows for one in ranked) + 1, len(ranked)) if ranked[1:] else None


def _ranking(take_set: TakeSet) -> str:
    """``best of 4``; empty where it was not ranked."""
    rank, count = standing(take_set) or (0, 0)
    if rank == 1:
        return tr("best of {count}", count=count)
    return tr("number {rank} of {count}", rank=rank, count=count) if rank else ""


def take_facts(take_set: TakeSet) -> list[str]:
    """How the take in the text ended, its T, its rank, and whether it was filled in."""
    take = take_set.current
    way = (_ranking(take_set), tr("filled in") if take and take.fills_in else "")
    facts = (ending(take), temperature_words(take), *way) if take else ()
    return [fact for fact in facts if fact]


def seed_words(take: Take) -> str:
    """``seed 417203``; empty where unknown."""
    return "" if take.seed is None else tr("seed {seed}", seed=take.seed)


def model_words(take: Take) -> str:
    """``by SmolLM2-135M-Instruct``; empty where it is not known which model wrote it."""
    return "" if take.model is None else tr("by {model}", model=visible_name(take.model.title))


def take_sentence(take_set: TakeSet) -> str:
    """All there is to say about the takes at one place."""
    which = " ".join(which_take(take_set))
    take = take_set.current
    if take is None:
        return tr("{which}: none of them is in the text; the arrows put one back", which=which)
    preset = [tr("preset {preset}", preset=take.preset)] if take.preset else []
    known = (ending(take), temperature_words(take), seed_words(take), model_words(take))
    facts = [*preset, *filter(None, known)]
    if take.fills_in:
        facts.append(tr("filled in between what stood before and after"))
    if ranking := _ranking(take_set):
        facts.append(
            tr(
                "{ranking} by how the text after it follows, {bits:.2f} bits a token",
                ranking=ranking,
                bits=take.follows,
            )
        )
    return f"{which[0].upper()}{which[1:]}: {', '.join(facts)}"


def retake_tip(take_set: TakeSet | None, count: int = 1) -> str:
    """What Retake would do: a sentence without its full stop.

    Args:
        take_set: Of what; None for nothing.
        count: How many takes are written at once.
    """
    if take_set is None:
        return tr(RETAKE_NOTHING)
    if take_set.current is None:
        return tr("Write another take here; those that were undone are kept")
    if count > 1:
        return tr(
            "Write {count} others of the passage that is marked in the margin, the one that the "
            "text after it follows best first; this one is kept",
            count=count,
        )
    return tr("Write another take of the passage that is marked in the margin; this one is kept")
