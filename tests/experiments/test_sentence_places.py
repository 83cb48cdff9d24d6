"""Where in its sentence each word of a text stands."""

import pytest

from studio.experiments.sentence_places import SentencePlace, sentence_places


def marked(text: str, *, is_wrapped: bool = False) -> str:
    """The text with ^ for a sentence's first letter and = for each letter of a name."""
    signs = {SentencePlace.START: "^", SentencePlace.NAME: "="}
    places = sentence_places(text, is_wrapped=is_wrapped)
    assert len(places) == len(text)
    return "".join(
        signs.get(SentencePlace(place), sign) for place, sign in zip(places, text, strict=True)
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The sea. It was calm.", "^he sea. ^t was calm."),
        ("He saw Anna in Old Town.", "^e saw ==== in === ====."),
        ("So I said I’d go, and I'm here.", "^o I said I’d go, and I'm here."),
        ("Who? Me! Wait… No.", "^ho? ^e! ^ait… ^o."),
        ("She met Dr. Smith and J. Roe.", "^he met ==. ===== and =. ===."),
        ("“Stop!” he said. “Why?”", "“^top!” he said. “^hy?”"),
        ('He said, "Come in," and Anna came.', '^e said, "^ome in," and ==== came.'),
        ("At 3.5 km. And on", "^t 3.5 km. ^nd on"),
        ("O'Neill’s boat: O'Neill’s sea", "^'Neill’s boat: ========= sea"),
        ("Élan für Über.", "^lan für ====."),
        ("# One\nthe sea\n\nIt was", "# ^ne\n^he sea\n\n^t was"),
        ("Э́то Москва", "^́то ======"),
        ("", ""),
        ("12 … “—”", "12 … “—”"),
    ],
)
def test_sentences_and_names(text: str, expected: str) -> None:
    assert marked(text) == expected


def test_in_a_wrapped_text_a_line_goes_on_with_the_sentence_before() -> None:
    text = "the old\nman Smith\n\nwent Out"
    assert marked(text) == "^he old\n^an =====\n\n^ent ==="
    assert marked(text, is_wrapped=True) == "^he old\nman =====\n\n^ent ==="
