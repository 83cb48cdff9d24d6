"""How long the histogram's bars are: which probability fills the whole width.

This module is arithmetic on two numbers. It does not know pixels, nor what the bars stand for.
"""

_ROOM_BEFORE_NARROWING = 0.8


class BarScale:
    """Chooses the probability that fills the width, and keeps to it as long as it can.

    The full width is 1, 1/2, 1/4, …: a scale fitted to the longest bar would let that bar stand
    still while T turns and all others move, and would make each token's bars incomparable with the
    one before; a fixed scale up to 1 would leave flat distributions without bars to look at. It
    widens as soon as a bar would not fit, and narrows only when the longest would still leave a
    fifth of the narrower scale free, so that a bar near a boundary does not make it flicker.
    """

    def __init__(self) -> None:
        self._full = 1.0

    def fit(self, longest: float) -> float:
        """The probability that fills the width, for bars of which the longest is `longest`.

        Args:
            longest: The largest probability to be drawn, 0 to 1.
        """
        while longest > self._full:
            self._full *= 2
        while 0 < longest <= self._full / 2 * _ROOM_BEFORE_NARROWING:
            self._full /= 2
        return self._full
