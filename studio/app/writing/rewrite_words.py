"""The words on the versions of a part of the text."""

from studio.app.parameters.temperature_scale import format_temperature
from studio.app.writing.rewrite_request import RewriteKind
from studio.app.writing.rewriting import RewriteVersion, Rewriting
from studio.translation import mark, tr

NAMES = {
    RewriteKind.AGAIN: mark("&Again"),
    RewriteKind.SHORTER: mark("&Shorter"),
    RewriteKind.LONGER: mark("&Longer"),
    RewriteKind.PLAINER: mark("&Plainer"),
    RewriteKind.OTHER_WORDS: mark("In &other words"),
    RewriteKind.OWN: mark("As you &wish…"),
}
"""What each kind is called, in a menu."""

TIPS = {
    RewriteKind.AGAIN: mark("Other words from what stands before the selection, whatever it says"),
    RewriteKind.SHORTER: mark("The same in about half as many words"),
    RewriteKind.LONGER: mark("The same in about twice as many words"),
    RewriteKind.PLAINER: mark("The same in plainer words and shorter sentences"),
    RewriteKind.OTHER_WORDS: mark("The same in other words"),
    RewriteKind.OWN: mark("Say in your own words how it is to be rewritten"),
}

_ENDINGS = {
    "max_tokens": mark("full length"),
    "context_full": mark("context full"),
    "stopped": mark("stopped"),
    "gone": mark("engine ended"),
}


def title(rewriting: Rewriting) -> str:
    """What is being done."""
    return tr(NAMES[rewriting.kind]).replace("&", "").removesuffix("…")


def state(rewriting: Rewriting) -> str:
    """How far the versions are."""
    if not rewriting.versions:
        return ""
    count = len(rewriting.versions)
    if rewriting.is_running:
        return tr("%n versions are being written", "", count)
    return tr("%n versions; nothing is changed yet", "", count)


def facts(version: RewriteVersion) -> str:
    """``T 0.56``."""
    return f"T {format_temperature(version.sampling.params.temperature)}"


def ending(version: RewriteVersion) -> str:
    """How it ended, where that was not by itself; empty where it was, or it goes on."""
    return tr(_ENDINGS[version.reason]) if version.reason in _ENDINGS else ""
