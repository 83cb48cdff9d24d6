"""The record of a token that was written: what the engine told of it, and where it was drawn.

A `Run` follows one generation, so that each of its tokens can be looked at later as the sampler saw
it: with the tokens before it, the dice and Mirostat's memory.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from studio.app.tokens.kept_token import KeptToken
from studio.app.tokens.place import TokenPlace
from studio.sampling import SamplingParams
from studio.sampling.samplers.mirostat import mu_after
from studio.token_record import TokenRecord


class Run:
    """One generation: what was before it, what it has written.

    Args:
        params: As it begins; the seed is a real one.
        knows_prompt: Whether its tokens are told. What was kept in a file may be without.
    """

    def __init__(self, params: SamplingParams, *, knows_prompt: bool = True) -> None:
        self.seed = params.seed
        self.knows_prompt = knows_prompt
        self._params = params
        self._prompt: list[int] = []
        self._tokens: list[int] = []
        self._mu: float | None = None
        self._knows_mu = True
        self._begins_to_learn = True
        """Whether Mirostat has learnt nothing at the next token, be it on."""

    def begin(self, prompt: Iterable[int]) -> None:
        """The prompt's tokens; told once more where the context is cut, its own among them."""
        if not self._tokens:
            self._prompt = list(prompt)

    def turn(self, params: SamplingParams) -> None:
        """Other parameters hold from one of the next tokens on; from which, nobody says."""
        if _mirostat(params) != _mirostat(self._params):
            self._knows_mu = False
        self._params = params

    def change(self, params: SamplingParams) -> None:
        """Other parameters hold from the next token on."""
        if params.mirostat and not self._params.mirostat:
            self._begins_to_learn = True
        self._params = params

    def take(self, token: TokenRecord) -> "WrittenToken":
        """The next token becomes a record."""
        mu = self._mu
        knows_mu = self._knows_mu and (mu is not None or self._begins_to_learn)
        self._begins_to_learn = False
        record = WrittenToken(token, self, len(self._tokens), mu, knows_mu)
        self._tokens.append(token.id)
        if self._params.mirostat:
            self._mu = mu_after(self._params, mu, token.probability)
        else:
            self._mu = None
        return record

    def before(self, index: int) -> list[int]:
        """All tokens before that one."""
        return [*self._prompt, *self._tokens[:index]]


@dataclass(frozen=True, slots=True, eq=False)
class WrittenToken(KeptToken):
    """A token with the place that it was drawn at.

    Attributes:
        run: The generation that it belongs to.
        index: Its number there.
        mu: What Mirostat allowed; None at the beginning, and where it was off.
        knows_mu: Whether that would have been so with Mirostat on.
    """

    run: Run
    index: int
    mu: float | None
    knows_mu: bool

    @property
    def u(self) -> float:
        """What was drawn, in [0, 1)."""
        assert self.token.u is not None, "it was drawn"
        return self.token.u

    @property
    def place(self) -> TokenPlace:
        """Where it stands, as the sampler saw it."""
        return TokenPlace(
            self.run.before(self.index),
            is_whole=self.run.knows_prompt,
            seed=self.run.seed,
            mu=self.mu,
            knows_mu=self.knows_mu,
            typed=self.typed,
        )


def _mirostat(params: SamplingParams) -> tuple[int, float, float]:
    return params.mirostat, params.mirostat_tau, params.mirostat_eta
