"""Who wrote a text, in words: “62 % typed by you, 38 % written by the model”."""

from studio.manuscript import Origin
from studio.translation import mark, tr

_WORDS = {
    Origin.TYPED: mark("{share} typed by you"),
    Origin.GENERATED: mark("{share} written by the model"),
    Origin.PASTED: mark("{share} pasted"),
    Origin.OPENED: mark("{share} from the file that was opened"),
}
_UNDER_ONE = mark("under 1 %")


def provenance_words(origins: bytes) -> str:
    """How much of a text comes from where, the most first; nothing where there is no text.

    Args:
        origins: The `Origin` of each code point, one byte each.
    """
    counts = {origin: origins.count(origin) for origin in Origin}
    largest_first = sorted(counts.items(), key=lambda pair: -pair[1])
    return ", ".join(
        tr(_WORDS[origin], share=_percent(count, len(origins)))
        for origin, count in largest_first
        if count
    )


def _percent(count: int, length: int) -> str:
    """A share in whole percent: neither 0 of what is there, nor 100 of what is not all."""
    percent = 100 * count / length
    if percent < 1:
        return tr(_UNDER_ONE)
    return f"{min(round(percent), 99) if count < length else 100} %"
