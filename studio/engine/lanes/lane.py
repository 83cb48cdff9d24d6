"""One lane of a comparison, as the engine keeps it: what it wrote, how it draws, why it ended.

Knows nothing of llama.cpp's memory (`lane_evaluation`) or of the other lanes.
"""

from studio.engine.lane_messages import LaneFinishReason
from studio.engine.llama.vocabulary import Vocabulary
from studio.engine.writing.continued_prompt import ContinuedPrompt
from studio.engine.writing.sampler_states import SamplerStates
from studio.sampling import Choice, SamplingParams


class LaneState:
    """A lane that runs, or that has ended and may go on.

    Attributes:
        number: its number in the comparison.
        params: in effect at its next token.
        seed: of its dice.
        states: what its samplers carry from token to token.
        history: the whole prompt's tokens and those written, for penalties.
        before: what stands in the context before the first token written; None until one is.
        limit: how many it may write, from the prompt on.
        reason: why it ended; None while it runs.
    """

    def __init__(
        self,
        number: int,
        params: SamplingParams,
        seed: int,
        prompt: list[int],
        written: list[int],
        max_tokens: int,
        vocabulary: Vocabulary,
        mu: float | None = None,
    ) -> None:
        self.number = number
        self.params = params
        self.seed = seed
        self.states = SamplerStates(seed, vocabulary, mu)
        self.history = prompt + written
        self.limit = len(written) + max_tokens
        self.reason: LaneFinishReason | None = None
        self.before: list[int] | None = None
        self._prompt = self._told = len(prompt)
        self._mus: list[float | None] = []
        """Where Mirostat stood before each of the last tokens written."""

    @property
    def runs(self) -> bool:
        """Whether it has not ended."""
        return self.reason is None

    @property
    def written(self) -> int:
        """Tokens written since the prompt."""
        return len(self.history) - self._prompt

    @property
    def first(self) -> int:
        """The first token written."""
        return self.history[self._prompt]

    @property
    def length(self) -> int:
        """Of its text in the context, where it has written."""
        return len(self.before or ()) + self.written

    def text_from(self, position: int) -> list[int]:
        """Its text in the context, from a position on."""
        before = self.before or []
        if position >= len(before):
            return self.history[self._prompt + position - len(before) :]
        return before[position:] + self.history[self._prompt :]

    @property
    def position(self) -> int:
        """Of its next token: counted from the prompt as it is told, whatever way it goes."""
        return self._told + self.written

    def stand_behind(self, continued: ContinuedPrompt) -> None:
        """Go on from a prompt: behind the first token's way where one is written."""
        prompt = continued.all_before(self.first) if self.written else continued.prompt.tokens
        self.before = continued.before(self.first) if self.written else None
        self._told = len(continued.prompt.tokens)
        self.history[: self._prompt] = prompt
        self._prompt = len(prompt)

    def write(self, choice: Choice) -> None:
        """Take a token as the next one."""
        self._mus.append(self.states.mu)
        self.states.took(choice)
        self.history.append(choice.token)

    def take_back(self, index: int) -> None:
        """Be as before the token `index` was written, in this run."""
        count = self.written - index
        if count > 0:
            self.states.mu = self._mus[-count]
            del self._mus[-count:], self.history[-count:]

    def go_on(self, max_tokens: int) -> None:
        """Run, and write so many more."""
        self.limit = self.written + max_tokens
        self.reason = None
