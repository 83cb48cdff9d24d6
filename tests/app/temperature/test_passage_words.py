"""The words on a passage that has a temperature of its own."""

from studio.app.temperature.passage_words import own_tip, own_words
from studio.manuscript import OwnSampling


def test_it_says_which_temperature_and_what_is_elsewhere() -> None:
    own = OwnSampling(temperature=0.4)
    assert own_words(own, 1.0) == ("0.40, this passage; 1.00 elsewhere", "0.40, this passage")
    assert own_tip(own, 1.0).startswith("<p>T 0.40 in this passage; 1.00 elsewhere.")


def test_it_names_the_preset_as_plain_text() -> None:
    own = OwnSampling(temperature=0.4, preset="<b>Cold</b>")
    assert own_words(own, 1.0)[0] == "0.40, this passage: <b>Cold</b>"
    assert "&lt;b&gt;Cold&lt;/b&gt;" in own_tip(own, 1.0)
