"""Says where Continue goes on and what the model reads there, and what is done of candidates."""

from typing import NamedTuple

from studio.app.writing.draft import Draft
from studio.app.writing.writing import Writing
from studio.translation import mark, tr

_AFTER, _AFTER_UNREAD, _UNREAD = (
    mark("Continues after the selection"),
    mark("Continues after the selection; what follows is not read"),
    mark("What follows the caret is not read"),
)
_SHORTER = {_AFTER_UNREAD: _AFTER, _UNREAD: mark("What follows is not read")}


class PlaceWords(NamedTuple):
    """What is said of a place.

    Attributes:
        words: A few words, empty where Continue does as expected.
        shorter: Fewer, for a narrow window; empty where there are none.
        tip: A sentence without its full stop.
    """

    words: str
    shorter: str
    tip: str


def place_words(draft: Draft, candidates: int = 1) -> PlaceWords:
    """What Continue would do.

    Args:
        draft: Where the caret is.
        candidates: How many are written where text follows.
    """
    if draft.fills_in(draft.caret):
        return _fills_in(after_selection=bool(draft.selected))
    if draft.text_follows and candidates > 1:
        return _best_of(candidates, after_selection=bool(draft.selected))
    words = ""
    tip = tr("Let the model continue the manuscript from the caret")
    if draft.selected and draft.text_follows:
        words = _AFTER_UNREAD
        tip = tr(
            "Let the model continue the manuscript after the selected text, which stays as it is; "
            "what follows is kept, and the model does not read it"
        )
    elif draft.selected:
        words = _AFTER
        tip = tr(
            "Let the model continue the manuscript after the selected text, which stays as it is"
        )
    elif draft.text_follows:
        words = _UNREAD
        tip = tr(
            "Let the model continue the manuscript from the caret; what follows is kept, and the "
            "model does not read it"
        )
    return PlaceWords(tr(words), tr(_SHORTER.get(words, "")), tip)


def progress_words(writing: Writing) -> PlaceWords | None:
    """What is being done of several candidates; None where one is written, or none."""
    count = writing.count
    if count < 2:
        return None
    if not writing.ranking.is_running:
        return PlaceWords(
            tr("Writes {count}; this is the first", count=count),
            tr("Writes {count}", count=count),
            tr(
                "{count} candidates are being written at once, and this is the first of them. At "
                "the end the one that the text after it follows best comes in its place; Esc "
                "keeps what is there",
                count=count,
            ),
        )
    done, ranked = len(writing.ranking.found), writing.ranking.count
    return PlaceWords(
        tr("Reads what follows, {done} of {count}", done=done, count=ranked),
        tr("Ranks {done} of {count}", done=done, count=ranked),
        tr(
            "The text after this place is being read behind each candidate: the one that it "
            "follows best comes first. Esc leaves them as they are"
        ),
    )


def _fills_in(*, after_selection: bool) -> PlaceWords:
    if after_selection:
        tip = tr(
            "Let the model fill in after the selected text, which stays as it is: it is given what "
            "stands before and after, with its fill-in-the-middle tokens"
        )
    else:
        tip = tr(
            "Let the model fill in at the caret: it is given what stands before and after, with "
            "its fill-in-the-middle tokens"
        )
    return PlaceWords(tr("Fills in: what follows is read too"), tr("Fills in"), tip)


def _best_of(count: int, *, after_selection: bool) -> PlaceWords:
    words = tr("Best of {count} by how the text after it follows", count=count)
    if after_selection:
        tip = tr(
            "Let the model write {count} candidates at once after the selected text, which stays "
            "as it is: the one that the text after it follows best comes first, and the others are "
            "takes beside it",
            count=count,
        )
    else:
        tip = tr(
            "Let the model write {count} candidates at once from the caret: the one that the text "
            "after it follows best comes first, and the others are takes beside it",
            count=count,
        )
    return PlaceWords(words, tr("Best of {count}", count=count), tip)
