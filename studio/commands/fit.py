"""`python -m studio fit`: the temperature under which a model finds a text most likely."""

import argparse
import sys
from collections.abc import Sequence

import msgspec

from studio.commands.command_parser import CommandParser
from studio.commands.end_signals import EndSignals
from studio.commands.shared_options import (
    add_loading_arguments,
    add_model_argument,
    load_command,
    text_of_file,
)
from studio.engine.control import Control
from studio.engine.engine import Engine
from studio.engine.interrupt import Interrupt
from studio.engine.messages import AnyEvent, Failed, Prompt, Score, Scored, ScoringEnded
from studio.experiments.sentence_places import SentencePlace, sentence_places
from studio.experiments.text_fit import CountedTokens, TextFit
from studio.interchange.blocks import chapters, guessed_lines
from studio.manuscript.token_characters import characters_of
from studio.sampling import LogitSketch
from studio.sampling.analysis.fitted_temperature import (
    TemperatureFit,
    TemperatureLikelihood,
    at_once,
)
from studio.visible_text import visible_line

_FIGURES = ("temperature", "low", "high", "perplexity_t1", "perplexity_fitted", "tokens")
_PLACES = {
    SentencePlace.START: "sentence starts",
    SentencePlace.INSIDE: "inside sentences",
    SentencePlace.NAME: "names",
}


def main(arguments: Sequence[str]) -> int:
    """Run the command; 0 when a temperature was fitted, 1 on a failure, 2 on a wrong call.

    128 and the number of a signal that ended it.

    Raises:
        OutputError: what it prints cannot be written.
    """
    parser = _parser()
    given = parser.parse_args(arguments)
    try:
        text = text_of_file(given.file, "FILE")
        load = load_command(given)
    except (ValueError, OSError) as error:
        parser.error(str(error))
    interrupt = Interrupt()
    control = Control(interrupt)
    reading = _Reading(text)
    signals = EndSignals(control.stop)
    engine = Engine(reading.on_events, interrupt)
    try:
        engine.run(load, control)
        prompt = Prompt(manuscript=text, brief=given.brief)
        while not (reading.has_failed or reading.is_whole or signals.status):
            engine.run(Score(request=1, prompt=prompt, first=reading.reached), control)
    finally:
        engine.close()
        reading.clear_line()
    if signals.status or reading.has_failed:
        return signals.status or 1
    found = at_once(reading.counted.fitted(chapters(text)))
    if found is None:
        print("studio fit: the text has no token that another could stand for", file=sys.stderr)
        return 1
    _print(found.whole, _parts(found, given.by), as_json=given.json)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = CommandParser(
        prog="studio fit",
        description="The temperature under which a model finds a text most likely, with an "
        "interval that holds it at 95 %, and the text's perplexity at T 1 and there. Below 1 the "
        "text is more like the model's favourites than what it writes at T 1, above 1 less.",
    )
    parser.add_argument("file", metavar="FILE", help="a UTF-8 text; - is the input")
    add_model_argument(parser)
    parser.add_argument(
        "--brief", metavar="TEXT", default="", help="what the model is told before the text"
    )
    parser.add_argument(
        "--by",
        choices=("chapter", "position"),
        help="fit its parts too: each chapter, as headings with # part them, or sentence starts, "
        "what is inside sentences, and names, which have a capital there",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object")
    add_loading_arguments(parser)
    return parser


def _parts(found: TextFit, by: str | None) -> dict[str, TemperatureFit | None] | None:
    """The fits of a text's parts, by their names; None where nobody asks."""
    match by:
        case "chapter":
            titles = [f"{number}. {it.title}" for number, it in enumerate(found.chapters, 1)]
            return {title: it.fit for title, it in zip(titles, found.chapters, strict=True)}
        case "position":
            return {_PLACES[it.place]: it.fit for it in found.places}
    return None


def _print(
    fit: TemperatureFit, parts: dict[str, TemperatureFit | None] | None, *, as_json: bool
) -> None:
    if as_json:
        figures: dict[str, object] = {name: getattr(fit, name) for name in _FIGURES}
        if parts is not None:
            figures["parts"] = [
                {"part": name, **{it: getattr(part, it) for it in _FIGURES if part is not None}}
                for name, part in parts.items()
            ]
        print(msgspec.json.encode(figures).decode())
        return
    print(f"temperature        {fit.temperature:.3f}  (95 %: {fit.low:.3f} to {fit.high:.3f})")
    print(f"perplexity at T 1  {fit.perplexity_t1:.2f}")
    print(f"perplexity there   {fit.perplexity_fitted:.2f}")
    print(f"tokens             {fit.tokens}")
    for name, part in (parts or {}).items():
        where = "" if part is None else f"  (95 %: {part.low:.3f} to {part.high:.3f})"
        shown = "none" if part is None else f"{part.temperature:.3f}"
        count = "" if part is None else f"  {part.tokens} tokens"
        print(f"{visible_line(name)}: {shown}{where}{count}")


class _Reading:
    """Takes what is scored, a context's worth after the other, and shows how far it is.

    Args:
        text: what is read.
    """

    def __init__(self, text: str) -> None:
        self._likelihood = TemperatureLikelihood()
        self.counted = CountedTokens(self._likelihood)
        self.reached = 0
        self.has_failed = False
        self.is_whole = False
        self._characters = len(text)
        self._places = sentence_places(text, is_wrapped=guessed_lines(text) == "joined")
        self._shows = sys.stderr.isatty()

    def on_events(self, *events: AnyEvent) -> None:
        """Take the engine's events."""
        for event in events:
            match event:
                case Scored():
                    self._count(event)
                    self._show()
                case ScoringEnded():
                    self.is_whole = event.reached in (self._characters, self.reached)
                    self.reached = event.reached
                case Failed():
                    self.has_failed = True
                    print(f"studio fit: {event.message}", file=sys.stderr)

    def clear_line(self) -> None:
        """Take away what was shown of the progress."""
        if self._shows:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)

    def _count(self, event: Scored) -> None:
        start = event.start
        for record, characters in characters_of(event.tokens):
            end = start + len(characters)
            self._likelihood.append(LogitSketch.from_bytes(record.sketch), record.id)
            place = max(self._places[start:end], default=0)
            self.counted.append(len(self._likelihood) - 1, start, place)
            start = end

    def _show(self) -> None:
        if self._shows:
            read = f"{len(self.counted):,} tokens read"
            print(f"\rstudio fit: {read}", end="", file=sys.stderr, flush=True)
