"""The files of a sweep's result."""

from __future__ import annotations

import datetime

import msgspec

from studio.experiments.sweep.chart import picture
from studio.experiments.sweep.figures import SweepFigures, to_csv
from studio.experiments.sweep.plan import Sweep
from studio.experiments.sweep.recommendation import Recommendation
from studio.experiments.sweep.summary import summary
from studio.experiments.sweep.sweep_page import sweep_page
from studio.model_record import ModelRecord

PAGE = "page.html"
TEXTS = "samples.jsonl"


class SweepResult(msgspec.Struct, frozen=True):
    """What came out of a sweep.

    Attributes:
        sweep: The plan.
        figures: Its figures.
        chosen: What its criterion chooses; None where it has none.
        model: Which model wrote.
        made: When: ISO 8601, UTC.
    """

    sweep: Sweep
    figures: SweepFigures
    chosen: Recommendation | None
    model: ModelRecord
    made: str

    @property
    def data(self) -> bytes:
        """All but the texts, as JSON."""
        return msgspec.json.encode(
            summary(self.sweep, self.figures, self.chosen, self.model, self.made)
        )

    @property
    def table(self) -> str:
        """The figures as CSV."""
        return to_csv(self.sweep, self.figures)

    @property
    def picture(self) -> str:
        """The charts as one SVG."""
        return picture(self.sweep, self.figures, self.chosen)

    @property
    def page(self) -> str:
        """All of it as HTML."""
        return sweep_page(self.sweep, self.figures, self.chosen, self.model, self.made)

    def files(self) -> dict[str, bytes]:
        """Return what is kept beside the texts, by the names of files."""
        return {
            "plan.toml": self.sweep.source,
            "figures.csv": self.table.encode(),
            "figures.svg": self.picture.encode(),
            "sweep.json": msgspec.json.format(self.data) + b"\n",
            PAGE: self.page.encode(),
        }


def now() -> str:
    """Return the time, as results are dated."""
    return f"{datetime.datetime.now(datetime.UTC):%Y-%m-%dT%H:%M:%SZ}"
