"""A desk whose caret stands in the middle of a text."""

from studio.sampling import SamplingParams
from tests.helpers.fake_engine import Desk

TEXT = "The old man looked at. Then he went home."
PLACE = TEXT.index(".")
AFTER = TEXT[PLACE:]


def middle_desk() -> Desk:
    """A desk with a model and the text, where three candidates are to be written."""
    desk = Desk(SamplingParams(temperature=0.8, seed=5))
    desk.load()
    desk.type(TEXT)
    desk.draft.set_caret(PLACE)
    desk.writing.candidates = 3
    return desk
