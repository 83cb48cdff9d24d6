"""The token loop: what each `Token` says, when it ends, and what turns it on the way."""

import itertools
import math
from collections.abc import Callable, Sequence

import msgspec
import numpy as np
import pytest

from studio.engine.control import Control
from studio.engine.generation.generation import Generation
from studio.engine.interrupt import Interrupt
from studio.engine.llama.context import LlamaContext
from studio.engine.llama.model import Model
from studio.engine.messages import (
    AnyEvent,
    ChangeSequence,
    EngineError,
    Evaluated,
    Evaluating,
    Finished,
    Generate,
    Prompt,
    RunFinished,
    SequenceStart,
    Token,
)
from studio.engine.writing.dry_breakers import tokens_of_breakers
from studio.engine.writing.prompt import TokenizedPrompt
from studio.engine.writing.reader import Reader
from studio.engine.writing.token_piece_cache import TokenPieceCache
from studio.sampling import (
    LogitSketch,
    SamplerState,
    SamplingParams,
    chance,
    choose,
    distribution,
    uniform,
)
from studio.token_record import TokenRecord
from tests.engine.conftest import NewContext, OpenModel
from tests.helpers.reference import Reference, softmax

GREEDY = SamplingParams(temperature=0.0)


def params(**values: float) -> SamplingParams:
    return SamplingParams(**{"seed": 7, **values})  # type: ignore[arg-type] # floats are checked


class Writer:
    """A model, a context, and the token loop over them."""

    def __init__(self, model: Model, context: LlamaContext, interrupt: Interrupt) -> None:
        self.model, self.context, self.interrupt = model, context, interrupt
        self.pieces = TokenPieceCache(model.vocabulary)

    def write(
        self,
        prompt: Sequence[int],
        sampling: SamplingParams,
        max_tokens: int,
        *,
        head: int = 0,
        ignore_eos: bool = True,
        on_event: Callable[[AnyEvent, Control], None] = lambda _event, _control: None,
        frame_seconds: float = 0.0,
        groups: list[int] | None = None,
        begin: Callable[[Control], None] = lambda _control: None,
    ) -> list[AnyEvent]:
        """The events of one generation; `on_event` and `begin` may use its control.

        `groups` takes how many came at once.
        """
        control = Control(self.interrupt)
        command = Generate(
            request=3,
            prompt=Prompt(manuscript=""),
            sequences=(SequenceStart(params=sampling),),
            max_tokens=max_tokens,
            ignore_eos=ignore_eos,
        )
        events: list[AnyEvent] = []

        def emit(*given: AnyEvent) -> None:
            if groups is not None:
                groups.append(len(given))
            for event in given:
                events.append(event)
                on_event(event, control)

        reader = Reader(self.context, self.model.vocabulary)
        reader.pieces = self.pieces
        generation = Generation(
            command,
            TokenizedPrompt(list(prompt), head),
            reader,
            emit,
            frame_seconds,
            lambda _prompt: TokenizedPrompt(list(prompt), head),
        )
        begin(control)
        generation.run(control)
        assert all(event.request == 3 for event in events)
        return events


@pytest.fixture
def tiny(byte_level: Model, new_context: NewContext, interrupt: Interrupt) -> Writer:
    return Writer(byte_level, new_context(byte_level), interrupt)


@pytest.fixture
def real(starter: Model, new_context: NewContext, interrupt: Interrupt) -> Writer:
    return Writer(starter, new_context(starter), interrupt)


def tokens_in(events: list[AnyEvent]) -> list[TokenRecord]:
    return [event.record for event in events if isinstance(event, Token)]


def end_of(events: list[AnyEvent]) -> Finished:
    end = events[-2]
    assert isinstance(end, Finished)
    return end


def run_of(events: list[AnyEvent]) -> RunFinished:
    assert isinstance(events[-1], RunFinished)
    return events[-1]


PROMPT = [80, 81, 82, 83]


# What a token says


@pytest.mark.parametrize(
    "sampling",
    [
        params(),
        params(temperature=0.7),
        params(temperature=0.0),
        params(temperature=math.inf, top_k=20),
        params(temperature=2.0, top_p=0.8, min_p=0.01),
        params(repeat_penalty=1.3, temperature=0.5, top_k=5),
    ],
)
def test_every_number_is_that_of_the_whole_distribution(
    tiny: Writer, sampling: SamplingParams
) -> None:
    written = tokens_in(tiny.write(PROMPT, sampling, 12))
    history = list(PROMPT)
    with Reference(tiny.model.path, 64) as reference:
        rows = reference.logits([*PROMPT, *(token.id for token in written)], len(PROMPT) - 1)
    for token, logits in zip(written, rows, strict=False):
        expected = distribution(logits, sampling, history)
        assert token.u == uniform(sampling.seed, len(history))
        assert token.probability == pytest.approx(expected[token.id], abs=1e-4)
        # Ranks are those of the logits: at T infinity all that is kept is equally probable.
        ranked = distribution(logits, msgspec.structs.replace(sampling, temperature=1.0), history)
        assert token.rank == np.count_nonzero(ranked > ranked[token.id])
        kept = expected[expected > 0]
        assert token.entropy == pytest.approx(-np.sum(kept * np.log(kept)), abs=1e-3)
        assert len(token.top) == min(10, kept.size)
        for identity, probability in token.top:
            assert probability == pytest.approx(expected[identity], abs=1e-4)
        descending = [probability for _, probability in token.top]
        assert descending == sorted(descending, reverse=True)
        assert token.text == tiny.model.vocabulary.text(token.id)
        history.append(token.id)


@pytest.mark.parametrize(
    "sampling",
    [
        params(xtc_probability=0.5, xtc_threshold=0.001, temperature=0.3),
        params(mirostat=1, mirostat_tau=4.0),
        params(mirostat=2, mirostat_tau=4.0, temperature=0.5),
        params(adaptive_target=0.3, adaptive_decay=0.6, top_k=20),
        params(dry_multiplier=5.0, dry_allowed_length=1, temperature=0.05),
        params(typical_p=0.5, top_n_sigma=2.0, presence_penalty=1.0, dynatemp_range=0.5),
    ],
)
def test_samplers_with_a_state_carry_it_from_token_to_token(
    tiny: Writer, sampling: SamplingParams
) -> None:
    written = tokens_in(tiny.write(PROMPT, sampling, 24))
    history, mu, mean = list(PROMPT), None, None
    breakers = tokens_of_breakers(sampling.dry_sequence_breakers, tiny.model.vocabulary)
    with Reference(tiny.model.path, 64) as reference:
        rows = reference.logits([*PROMPT, *(token.id for token in written)], len(PROMPT) - 1)
    for token, logits in zip(written, rows, strict=False):
        state = SamplerState(chance(sampling.seed, len(history)), mu, mean, breakers)
        assert token.u is not None
        choice = choose(logits, sampling, history, token.u, state=state)
        assert (choice.token, choice.rank) == (token.id, token.rank)
        assert choice.probability == pytest.approx(token.probability, abs=1e-4)
        history.append(token.id)
        assert (token.mu is None, token.adaptive_mean is None) == (
            not sampling.mirostat,
            sampling.adaptive_target < 0.0,
        )
        assert token.mu == pytest.approx(choice.state.mu, abs=1e-4)
        assert token.adaptive_mean == pytest.approx(choice.state.adaptive_mean, abs=1e-4)
        mu, mean = choice.mu, choice.adaptive_mean


def test_a_banned_token_is_never_written_and_one_that_does_not_exist_refused(tiny: Writer) -> None:
    favourite = tokens_in(tiny.write(PROMPT, GREEDY, 1))[0].id
    ban = SamplingParams(temperature=0.0, logit_bias=((favourite, -math.inf),))
    assert favourite not in [token.id for token in tokens_in(tiny.write(PROMPT, ban, 8))]
    with pytest.raises(EngineError, match="logit_bias: found token 100,000; this model has"):
        tiny.write(PROMPT, SamplingParams(logit_bias=((100_000, 1.0),)), 8)


def test_the_sketch_is_of_the_models_own_logits(tiny: Writer) -> None:
    [token] = tokens_in(tiny.write(PROMPT, params(temperature=0.2, top_k=3), 1))
    sketch = LogitSketch.from_bytes(token.sketch)
    with Reference(tiny.model.path, 64) as reference:
        own = softmax(reference.logits(PROMPT)[0])
    ids, probabilities, tail = sketch.distribution(1.0)
    np.testing.assert_allclose(probabilities, own[ids], atol=1e-4)
    assert tail == pytest.approx(1 - own[ids].sum(), abs=1e-3)


def test_each_token_is_spelled_once(real: Writer) -> None:
    events = real.write(real.model.vocabulary.tokenize("The sea"), params(), 20)
    written = [event for event in events if isinstance(event, Token)]
    assert [token.index for token in written] == list(range(20))
    reported: dict[int, bytes] = {}
    for token in written:
        assert not set(token.pieces) & set(reported)
        reported |= token.pieces
        assert set(LogitSketch.from_bytes(token.record.sketch).ids.tolist()) <= set(reported)
    assert reported == {token: real.model.vocabulary.name(token) for token in reported}


def test_a_control_token_among_them_is_spelled_by_its_name(tiny: Writer) -> None:
    pieces = tiny.pieces.new_bytes(np.array([2, 5], dtype=np.int32))
    assert pieces == {2: b"<|im_end|>", 5: tiny.model.vocabulary.text(5)}
    assert tiny.pieces.new_bytes(np.array([5, 2], dtype=np.int32)) == {}


# Greedy, seeds


def test_greedy_takes_the_largest_logit_with_certainty(real: Writer) -> None:
    prompt = real.model.vocabulary.tokenize("The old fisherman looked out over the")
    written = tokens_in(real.write(prompt, GREEDY, 40))
    ids = [token.id for token in written]
    with Reference(real.model.path, 128) as reference:
        rows = reference.logits([*prompt, *ids[:-1]], len(prompt) - 1)
    for token, logits in zip(written, rows, strict=True):
        # A near-tie may fall either way, by the order of floating-point sums.
        assert logits[token.id] >= logits.max() - 0.05
        assert (token.probability, token.rank, token.entropy) == (1.0, 0, 0.0)
        assert token.top == ((token.id, 1.0),)
    agree = sum(
        token.id == int(logits.argmax()) for token, logits in zip(written, rows, strict=True)
    )
    assert agree >= 38


def test_the_same_seed_writes_the_same(tiny: Writer) -> None:
    one = [token.id for token in tokens_in(tiny.write(PROMPT, params(), 30))]
    again = [token.id for token in tokens_in(tiny.write(PROMPT, params(), 30))]
    other = [token.id for token in tokens_in(tiny.write(PROMPT, params(seed=8), 30))]
    assert one == again != other


def test_a_seed_goes_on_where_it_was(tiny: Writer) -> None:
    """The number drawn belongs to the place in the text, not to the count of draws."""
    whole = [token.id for token in tokens_in(tiny.write(PROMPT, params(), 20))]
    rest = tokens_in(tiny.write([*PROMPT, *whole[:8]], params(), 12))
    assert [token.id for token in rest] == whole[8:]


def test_a_new_seed_is_reported_and_gives_the_same_again(tiny: Writer) -> None:
    events = tiny.write(PROMPT, SamplingParams(), 20)
    seed = end_of(events).seed
    assert 0 <= seed < 2**32
    assert end_of(events).params.seed == -1
    again = tiny.write(PROMPT, SamplingParams(seed=seed), 20)
    assert [token.id for token in tokens_in(again)] == [token.id for token in tokens_in(events)]
    assert end_of(tiny.write(PROMPT, SamplingParams(), 1)).seed != seed


# Ends


def test_it_ends_at_max_tokens(tiny: Writer) -> None:
    events = tiny.write(PROMPT, params(), 5)
    end, run = end_of(events), run_of(events)
    assert (end.reason, end.tokens, run.prompt_tokens, end.params) == ("max_tokens", 5, 4, params())
    assert (run.tokens, run.evaluated, run.reasons) == (5, 4, ("max_tokens",))
    assert run.seconds_generation > 0
    # The last token is not evaluated: nobody asks what follows it.
    assert tiny.context.used == 4 + 4


def test_it_ends_at_the_end_of_the_text(real: Writer) -> None:
    prompt = [1, *real.model.vocabulary.tokenize("user\nSay yes."), 2]
    events = real.write(prompt, GREEDY, 400, ignore_eos=False)
    end = end_of(events)
    assert end.reason == "end_of_text"
    assert end.tokens == len(tokens_in(events)) < 400
    assert all(not real.model.vocabulary.ends_generation(token.id) for token in tokens_in(events))


class EndsAtOnce(LlamaContext):
    """What the loop sees of a context whose model has nothing more to say."""

    used, size = 4, 512

    def __init__(self, vocabulary_size: int) -> None:
        self._logits = np.zeros(vocabulary_size, np.float32)
        self._logits[2] = 30.0

    def evaluate(self, tokens: Sequence[int], progress: object = None, wanted: int = 1) -> int:
        return 0

    def append(self, token: int) -> None:
        self.used += 1

    def holds(self, tokens: list[int]) -> bool:
        return True

    def logits(self, back: int = 0) -> np.ndarray:
        return self._logits

    def peek(self, tokens: Sequence[int], wanted: int) -> list[np.ndarray]:
        return []


def test_an_end_at_once_writes_nothing(tiny: Writer) -> None:
    tiny.context = EndsAtOnce(tiny.model.vocabulary.size)
    events = tiny.write(PROMPT, GREEDY, 10, ignore_eos=False)
    end, run = end_of(events), run_of(events)
    assert tokens_in(events) == []
    assert (end.reason, end.tokens, end.beginning) == ("end_of_text", 0, None)
    assert end.end is not None
    assert (end.end.record.id, end.end.record.text) == (2, b"")
    assert (run.tokens, run.tokens_per_second) == (0, 0.0)


def test_the_end_can_be_ignored(tiny: Writer) -> None:
    tiny.context = EndsAtOnce(tiny.model.vocabulary.size)
    events = tiny.write(PROMPT, params(), 3, ignore_eos=True)
    assert [(token.id, token.text) for token in tokens_in(events)] == [(2, b"")] * 3
    # Its probability is left as the model gave it.
    assert tokens_in(events)[0].probability == pytest.approx(1.0, abs=1e-6)
    assert end_of(events).reason == "max_tokens"


def test_a_stop_ends_it_after_the_token_at_hand(tiny: Writer) -> None:
    def stop_at_the_third(event: AnyEvent, control: Control) -> None:
        if isinstance(event, Token) and event.index == 2:
            control.stop()

    events = tiny.write(PROMPT, params(), 100, on_event=stop_at_the_third)
    assert (end_of(events).reason, end_of(events).tokens) == ("stopped", 3)
    # The stopped context is at the last token that was evaluated, and goes on from there.
    tiny.interrupt.clear()
    whole = [token.id for token in tokens_in(tiny.write(PROMPT, params(), 10))]
    assert whole[:3] == [token.id for token in tokens_in(events)]


def test_stopped_before_it_began_it_writes_nothing(tiny: Writer) -> None:
    tiny.write(PROMPT, params(), 1)  # the prompt is evaluated
    events = tiny.write(PROMPT, params(), 5, begin=lambda control: control.stop())
    assert (end_of(events).reason, tokens_in(events)) == ("stopped", [])


# Turning parameters


def turned(sampling: SamplingParams) -> ChangeSequence:
    return ChangeSequence(request=3, sequence=0, params=sampling)


def test_a_turned_temperature_takes_effect_at_the_very_next_token(tiny: Writer) -> None:
    hot, cold = params(temperature=3.0), params(temperature=0.0)

    def turn(event: AnyEvent, control: Control) -> None:
        if isinstance(event, Token):
            if event.index == 9:
                control.commands.append(turned(cold))
            if event.index == 19:
                control.commands.append(turned(hot))

    events = tiny.write(PROMPT, hot, 40, on_event=turn)
    written = tokens_in(events)
    assert all(token.probability < 0.9 for token in written[:10])
    assert all((token.probability, token.rank) == (1.0, 0) for token in written[10:20])
    assert all(token.probability < 0.9 for token in written[20:])
    assert max(token.rank for token in written[20:]) > 0
    assert end_of(events).params == hot


def test_a_turn_after_the_last_token_is_not_reported(tiny: Writer) -> None:
    def turn(event: AnyEvent, control: Control) -> None:
        if isinstance(event, Token) and event.index == 4:
            control.commands.append(turned(GREEDY))

    assert end_of(tiny.write(PROMPT, params(), 5, on_event=turn)).params == params()


def test_a_turn_of_the_seed_does_not_change_the_seed_under_way(tiny: Writer) -> None:
    def turn(_event: AnyEvent, control: Control) -> None:
        control.commands.append(turned(params(seed=99)))

    other = tiny.write(PROMPT, params(), 20, on_event=turn)
    assert end_of(other).seed == 7
    straight = tiny.write(PROMPT, params(), 20)
    assert [token.id for token in tokens_in(other)] == [token.id for token in tokens_in(straight)]


# Past the context


def test_writing_goes_on_past_the_context(
    open_model: OpenModel, byte_level: Model, new_context: NewContext, interrupt: Interrupt
) -> None:
    model = open_model(byte_level.path, 256)
    writer = Writer(model, new_context(model), interrupt)
    head = [90, 91, 92]
    prompt = [*head, *range(100, 150)]
    used: list[int] = []

    def watch(event: AnyEvent, _control: Control) -> None:
        if isinstance(event, Token):
            used.append(writer.context.used)

    events = writer.write(prompt, params(temperature=0.5), 500, head=3, on_event=watch)
    assert (end_of(events).reason, end_of(events).tokens) == ("max_tokens", 500)
    assert max(used) == 256  # to the very end of the context
    cuts = [later - earlier for earlier, later in itertools.pairwise(used)]
    assert set(cuts) == {1, 1 - 64}  # a block at a time, and none twice
    # A long evaluation is shown.
    assert any(isinstance(event, Evaluating) for event in events)
    # And after each cut it is reported what the model no longer sees.
    reports = [event for event in events if isinstance(event, Evaluated)][1:]
    assert len(reports) == cuts.count(1 - 64)
    unseen = [report.unseen_characters for report in reports]
    assert unseen == sorted(unseen)
    assert unseen[0] > 0
    assert all(report.context_used < 256 for report in reports)

    # What the last token was drawn from: the head, and the newest part of the text.
    everything = [*prompt, *(token.id for token in tokens_in(events))]
    last = tokens_in(events)[-1]
    seen = [*head, *everything[-(used[-1] - 3) - 1 : -1]]
    with Reference(model.path, 512) as reference:
        expected = distribution(reference.logits(seen)[0], params(temperature=0.5))
    assert last.probability == pytest.approx(expected[last.id], abs=1e-3)


def test_tokens_of_a_frame_are_reported_together_and_are_the_same(real: Writer) -> None:
    at_once = real.write(PROMPT, params(), 30)
    groups: list[int] = []
    together = real.write(PROMPT, params(), 30, frame_seconds=3600.0, groups=groups)
    # None was a frame ago at first; all others wait, until the end takes them along.
    assert groups == [1, 1, 1, 29, 1, 1]
    assert tokens_in(together) == tokens_in(at_once)
