from studio.app.writing.provenance_words import provenance_words
from studio.manuscript import Manuscript, Origin


def test_the_most_is_said_first_and_nothing_of_an_empty_text() -> None:
    manuscript = Manuscript()
    assert provenance_words(manuscript.origins()) == ""
    manuscript.edit(0, 0, "typed by me ")
    assert provenance_words(manuscript.origins()) == "100 % typed by you"
    manuscript.edit(0, 0, "by the model, more of it. ", Origin.GENERATED)
    assert provenance_words(manuscript.origins()) == "68 % written by the model, 32 % typed by you"
    manuscript.edit(0, 0, "x", Origin.PASTED)
    manuscript.load("z" * 198, origin=Origin.OPENED)
    manuscript.edit(0, 0, "y")
    manuscript.edit(0, 0, "x", Origin.PASTED)
    assert (
        provenance_words(manuscript.origins())
        == "99 % from the file that was opened, under 1 % typed by you, under 1 % pasted"
    )
