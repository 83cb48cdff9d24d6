"""Says, before Continue is pressed, where it goes on and what the model does not read there."""

from studio.app.writing.draft import Draft
from studio.translation import mark, tr

_AFTER, _AFTER_UNREAD, _UNREAD = (
    mark("Continues after the selection"),
    mark("Continues after the selection; what follows is not read"),
    mark("What follows the caret is not read"),
)
_SHORTER = {_AFTER_UNREAD: _AFTER, _UNREAD: mark("What follows is not read")}


def shorter(words: str) -> str:
    """The same in fewer words, for a narrow window; empty where there are none."""
    return next((tr(few) for text, few in _SHORTER.items() if tr(text) == words), "")


def place_words(draft: Draft) -> tuple[str, str]:
    """A few words, empty where Continue does as expected; and a sentence without a full stop."""
    if draft.selected and draft.text_follows:
        return (
            tr(_AFTER_UNREAD),
            tr(
                "Let the model continue the manuscript after the selected text, which stays as "
                "it is; what follows is kept, and the model does not read it"
            ),
        )
    if draft.selected:
        return (
            tr(_AFTER),
            tr(
                "Let the model continue the manuscript after the selected text, which stays as "
                "it is"
            ),
        )
    if draft.text_follows:
        return (
            tr(_UNREAD),
            tr(
                "Let the model continue the manuscript from the caret; what follows is kept, and "
                "the model does not read it"
            ),
        )
    return "", tr("Let the model continue the manuscript from the caret")
