"""The tail of a distribution, all but its best tokens, as a function of β alone.

For the tail's logits z, relative to its best, the log partition function K(β) = ln Σ exp(β·z) says
all that a sketch needs: the tail's weight is exp(K), its mean logit K′, its entropy K − β·K′, its
size exp(K(0)). K is smooth and convex (it is a cumulant generating function), so a few nodes hold
it; `tail_sums` measures them. How many tokens lie above a given logit is not in K itself, but
follows from it roughly by the saddlepoint approximation.
"""

from __future__ import annotations

import math

import msgspec

from studio.sampling.tails import hermite
from studio.sampling.tails.hermite import Jet, Nodes

_CLOSE_IN_SHARE = 1e-3


class Tail(msgspec.Struct, frozen=True):
    """A tail's log partition function K at some nodes.

    Attributes:
        edge: The best logit of the tail.
        count: How many tokens are in it (logit above -inf), 1 or more.
        nodes: K, K′ and K″ at ascending β from 0.
    """

    edge: float
    count: int
    nodes: Nodes

    def log_partition(self, beta: float) -> Jet:
        """Return K, K′ and K″ at `beta`, relative to the edge; below β 0 by its curve at 0."""
        if beta < 0.0:
            k0, slope, curvature = (part[0] for part in self.nodes[1:])
            return Jet(
                k0 + beta * (slope + beta * curvature / 2), slope + beta * curvature, curvature
            )
        return hermite.at(self.nodes, beta)

    def share_above(self, drop: float, beta: float) -> float:
        """Return the share of the tail's weight at `beta` that lies within `drop` of the edge.

        An estimate, by Lugannani and Rice's formula (Advances in Applied Probability, 1980), with
        the saddlepoint at the β where the tail's mean logit is the bound itself; kept within
        Chernoff's bound, which holds for any tail. On the starter model's logits (246 places, six
        shares each) it is within 0.02 as a rule, at worst within 0.05 at β 0 to 1 and 0.07 at 2: so
        good is the formula itself. On a tail that falls into groups nothing but Chernoff's bound
        holds: just short of a group that has almost all the weight the estimate can be wrong by
        almost 1.

        Args:
            drop: In logits below the best of the tail.
            beta: The inverse temperature, 1/T.
        """
        return 0.0 if drop < 0.0 else self._share_at(self.saddle(drop), drop, beta)

    def share_above_mean(self, saddle: float, beta: float) -> float:
        """Return the share of the weight at `beta` above the tail's mean logit at β `saddle`.

        As `share_above` of that logit's drop, without the search for its saddlepoint.

        Args:
            saddle: The β whose mean logit is the bound.
            beta: The inverse temperature, 1/T.
        """
        return self._share_at(saddle, -self._slope(saddle), beta)

    def drop_to_share(self, share: float, beta: float) -> float:
        """Return the least drop below the edge within which `share` of the weight lies at `beta`.

        `share_above` goes from the drop to its saddlepoint and on to the share. Here the
        saddlepoint is looked for, which gives both at once; the long way is for tails so rough
        that two saddlepoints have one drop.

        Args:
            share: 0 to 1.
            beta: The inverse temperature, 1/T.
        """
        low, high = -1.0, 1.0
        while self._share_at(high, -self._slope(high), beta) > share and high < 1e3:
            low, high = high, 2.0 * high
        while self._share_at(low, -self._slope(low), beta) < share and low > -1e3:
            low, high = 2.0 * low, low
        for _ in range(40):
            middle = 0.5 * (low + high)
            if self._share_at(middle, -self._slope(middle), beta) < share:
                high = middle
            else:
                low = middle
        drop = -self._slope(low)
        if abs(self.share_above(drop, beta) - share) < _CLOSE_IN_SHARE:
            return drop
        return self._drop_the_long_way(share, beta)

    def _drop_the_long_way(self, share: float, beta: float) -> float:
        low, high = 0.0, 1.0
        while self.share_above(high, beta) < share and high < 1e6:
            low, high = high, 2.0 * high
        for _ in range(40):
            middle = 0.5 * (low + high)
            if self.share_above(middle, beta) < share:
                low = middle
            else:
                high = middle
        return high

    def saddle(self, drop: float) -> float:
        """Return the β at which the tail's mean logit is `drop` below the edge."""
        mean = -drop  # it rises with β
        low, high = -1.0, 1.0
        while self._slope(high) < mean and high < 1e3:
            low, high = high, 2.0 * high
        while self._slope(low) > mean and low > -1e3:
            low, high = 2.0 * low, low
        for _ in range(40):
            middle = 0.5 * (low + high)
            if self._slope(middle) < mean:
                low = middle
            else:
                high = middle
        return 0.5 * (low + high)

    def _share_at(self, saddle: float, drop: float, beta: float) -> float:
        at, here = self.log_partition(saddle), self.log_partition(beta)
        shift = saddle - beta
        spread = math.sqrt(max(at.curvature, 1e-12))
        gain = max(shift * -drop - (at.value - here.value), 1e-12)
        w = math.copysign(math.sqrt(2.0 * gain), shift)
        v = shift * spread
        if abs(v) < 1e-3:  # the formula's two terms cancel at the mean
            above = 0.5
        else:
            density = math.exp(-gain) / math.sqrt(2.0 * math.pi)
            above = 0.5 * math.erfc(w / math.sqrt(2.0)) + density * (1.0 / v - 1.0 / w)
        chernoff = math.exp(-gain)
        least, most = (0.0, chernoff) if shift > 0.0 else (1.0 - chernoff, 1.0)
        return min(max(above, least), most)

    def _slope(self, beta: float) -> float:
        return self.log_partition(beta).slope
