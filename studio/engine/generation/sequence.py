"""One sequence of a generation as the engine keeps it: its text, its draws, why it ended."""

from studio.engine.generation.sampler_states import SamplerStates
from studio.engine.messages import FinishReason
from studio.engine.vocabulary import Vocabulary
from studio.engine.writing.reader import ContinuedPrompt
from studio.sampling import Choice, SamplingParams


class SequenceState:
    """A sequence that runs, or that has ended and may go on.

    Args:
        number: its number in the generation.
        params: as it begins.
        seed: of its u.
        prompt: the whole prompt's tokens.
        written: what it has written before.
        max_tokens: how many more it may write.
        vocabulary: the model's.
        prompt_number: which of the generation's prompts it has.

    Attributes:
        number: its number in the generation.
        prompt_number: which of the generation's prompts it has.
        params: in effect at its next token.
        seed: of its u.
        states: what its samplers carry from token to token.
        evaluated: its prompt as the context holds it; empty until that is evaluated.
        history: the whole prompt's tokens and those written, for penalties.
        before: what stands in the context before the tokens that are only in `history`; None until
            one is written.
        limit: how many it may write, from the prompt on.
        reason: why it ended; None while it runs.
        ends: tokens that end it, beside those that end any text.
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
        prompt_number: int = 0,
    ) -> None:
        self.number = number
        self.prompt_number = prompt_number
        self.params = params
        self.seed = seed
        self.states = SamplerStates(seed, vocabulary)
        self.evaluated: list[int] = []
        self.history = prompt + written
        self.limit = len(written) + max_tokens
        self.reason: FinishReason | None = None
        self.ends: frozenset[int] = frozenset()
        self.before: list[int] | None = None
        self._prompt = self._reported = len(prompt)
        self._behind = len(prompt)
        """Where in `history` the tokens begin that stand behind `before`."""
        self._carried: list[tuple[float | None, float | None]] = []
        """What Mirostat and adaptive-p held before each of the last tokens written."""

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
        return len(self.before or ()) + len(self.history) - self._behind

    def text_from(self, position: int) -> list[int]:
        """Its text in the context, from a position on."""
        before = self.before or []
        if position >= len(before):
            return self.history[self._behind + position - len(before) :]
        return before[position:] + self.history[self._behind :]

    @property
    def position(self) -> int:
        """Of its next token: counted from the prompt as it is reported, whatever way it goes."""
        return self._reported + self.written

    def stand_behind(self, continued: ContinuedPrompt) -> None:
        """Go on from a prompt: behind the first token's way where one is written."""
        self.evaluated = continued.evaluated
        prompt = continued.all_before(self.first) if self.written else continued.prompt.tokens
        self.before = continued.before(self.first) if self.written else None
        self._reported = len(continued.prompt.tokens)
        self.history[: self._prompt] = prompt
        self._prompt = self._behind = len(prompt)

    def stand_in(self, text: list[int]) -> None:
        """Have this in the context, what it has written included: the rest of it was cut."""
        self.before = list(text)
        self._behind = len(self.history)

    def append(self, choice: Choice) -> None:
        """Take a token as the next one."""
        self._carried.append((self.states.mu, self.states.adaptive_mean))
        self.states.advance(choice)
        self.history.append(choice.token)

    def take_back(self, index: int) -> None:
        """Be as before the token `index` was written, in this run."""
        count = self.written - index
        if count > 0:
            self.states.mu, self.states.adaptive_mean = self._carried[-count]
            del self._carried[-count:], self.history[-count:]
            cut = self._behind - len(self.history)
            if self.before and cut > 0:
                del self.before[-cut:]
                self._behind -= cut

    def go_on(self, max_tokens: int) -> None:
        """Run, and write so many more."""
        self.limit = self.written + max_tokens
        self.reason = None
