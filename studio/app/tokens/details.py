"""All that is known of one token at one place: for the card at the pointer, and in words.

Plain values and sentences.
"""

import math
from typing import NamedTuple

from studio.app.parameters.temperature_scale import format_temperature
from studio.app.tokens.retempered import TokenOverT
from studio.app.tokens.rows import TokenRow
from studio.app.tokens.words import percent, percent_between, row_label
from studio.translation import tr


class TokenDetails(NamedTuple):
    """One token of a distribution.

    Attributes:
        row: The token, its text and its three probabilities.
        rank: Its rank among those that can be drawn, after all samplers: 1 for the favourite; None
            where it cannot be drawn.
        own_rank: Its rank in the model's own distribution, before penalties and filters.
        logit: Its logit as the model gave it.
        temperature: The T in force.
        subject: The token over all T, and where its probability is largest.
        given: Characters that are in the text already, as they are shown: the probabilities are
            those of tokens that begin with them. Empty where no token does.
        whole: The token as it is shown elsewhere, where it begins with these characters.
    """

    row: TokenRow
    rank: int | None
    own_rank: int
    logit: float
    temperature: float
    subject: TokenOverT
    given: str = ""
    whole: str = ""

    @property
    def given_words(self) -> str:
        """A sentence on what the probabilities are conditioned on; empty where on nothing."""
        if not self.given:
            return ""
        if self.whole:
            return tr(
                "The token is “{token}”; its “{given}” is typed already, and probabilities are "
                "given that.",
                token=self.whole,
                given=self.given,
            )
        return tr("“{given}” is typed already, and probabilities are given that.", given=self.given)

    @property
    def lines(self) -> tuple[tuple[str, str], ...]:
        """The three probabilities, each with its name."""
        shown = format_temperature(self.temperature)
        is_out = self.row.cut or self.row.banned
        used = row_label(self.row) if is_out else percent(self.row.probability)
        if (band := self.row.band) is not None:
            used = row_label(self.row) if is_out else percent_between(band.used)
            return (
                (tr("will be used"), used),
                (tr("before filters, T {t}", t=shown), percent_between(band.uncut)),
                (tr("the model’s own, T 1"), percent_between(band.ghost)),
            )
        return (
            (tr("will be used"), used),
            (tr("before filters, T {t}", t=shown), percent(self.row.uncut)),
            (tr("the model’s own, T 1"), percent(self.row.ghost)),
        )

    @property
    def rank_words(self) -> str:
        """``rank 2``, with the rank in the model's own distribution where that differs."""
        if self.rank == self.own_rank:
            return tr("rank {rank:,}", rank=self.rank)
        used = row_label(self.row) if self.rank is None else tr("rank {rank:,}", rank=self.rank)
        return tr("{used}, the model’s own rank {own_rank:,}", used=used, own_rank=self.own_rank)

    def says_the_same(self, other: "TokenDetails | None") -> bool:
        """Whether the card would be the same; the distribution, an array, is not compared."""
        return (
            other is not None
            and self._replace(subject=other.subject) == other
            and self.subject.basis == other.subject.basis
            and self.subject.most_likely == other.subject.most_likely
        )

    @property
    def spoken(self) -> str:
        """All of it as one sentence, for a screen reader."""
        lines = ", ".join(f"{name} {value}" for name, value in self.lines)
        drawn = tr(", drawn") if self.row.chosen else ""
        given = f" {self.given_words}" if self.given else ""
        return tr(
            "{name}{drawn}, token {token}, {rank}, logit {logit:.2f}; {lines}; {peak}{given}",
            name=self.row.text.spoken,
            drawn=drawn,
            token=self.row.token,
            rank=self.rank_words,
            logit=self.logit,
            lines=lines,
            peak=most_likely_words(self.subject),
            given=given,
        )


def most_likely_words(subject: TokenOverT) -> str:
    """When a token is most likely: ``never the favourite; most likely at T 1.7: 8.0 %``.

    Where that is not what the sampler uses, brackets say before what it is: filters, for example.
    """
    peak = subject.most_likely
    basis = f" ({subject.basis})" if subject.basis else ""
    if peak.temperature == 0.0:
        if peak.probability == 1.0:
            return tr("the favourite: the colder, the likelier{basis}", basis=basis)
        return tr("as likely as the favourite at every T above 0{basis}", basis=basis)
    if math.isinf(peak.temperature):
        most = percent(peak.probability)
        return tr(
            "never the favourite: the hotter, the likelier, up to {most}{basis}",
            most=most,
            basis=basis,
        )
    at = format_temperature(float(f"{peak.temperature:.2g}"))
    return tr(
        "never the favourite; most likely at T\u00a0{at}: {share}{basis}",
        at=at,
        share=percent(peak.probability),
        basis=basis,
    )
