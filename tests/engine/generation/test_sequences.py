"""Lanes: each writes what it alone would have written, and each is turned and ended by itself."""

import itertools
from collections.abc import Callable, Sequence

import msgspec
import numpy as np
import pytest

from studio.engine.control import Control
from studio.engine.generation.context_policy import fit_sequences
from studio.engine.generation.generation import Generation
from studio.engine.interrupt import Interrupt
from studio.engine.llama.context import LlamaContext
from studio.engine.llama.model import Model
from studio.engine.messages import (
    AnyEvent,
    ChangeSequence,
    ContinueSequence,
    Emit,
    EngineError,
    Evaluated,
    Finished,
    Generate,
    ParamsChanged,
    Prompt,
    RemoveSequence,
    RerunSequence,
    RunFinished,
    SequenceStart,
    Started,
    StopSequence,
    Token,
    id_bytes,
)
from studio.engine.writing.prompt import TokenizedPrompt
from studio.engine.writing.reader import Reader
from studio.engine.writing.token_piece_cache import TokenPieceCache
from studio.sampling import LogitSketch, SamplingParams, uniform
from studio.token_record import TokenRecord
from tests.engine.conftest import NewContext
from tests.helpers.reference import Reference, softmax

STORY = "The old fisherman looked out over the grey water and counted the boats that"
PROMPT = [80, 81, 82, 83]
TEMPERATURES = (0.0, 0.5, 1.0, 1.5)


def at(temperature: float, **values: float) -> SamplingParams:
    return SamplingParams(temperature=temperature, **values)  # type: ignore[arg-type] # checked


def sequences_at(*temperatures: float) -> tuple[SequenceStart, ...]:
    return tuple(SequenceStart(params=at(temperature)) for temperature in temperatures)


class Studio:
    """A model, a context, and generations of several sequences in it."""

    def __init__(self, model: Model, context: LlamaContext, interrupt: Interrupt) -> None:
        self.model, self.context, self.interrupt = model, context, interrupt
        self.pieces = TokenPieceCache(model.vocabulary)
        self.events: list[AnyEvent] = []
        self.on_event: Callable[[AnyEvent, Control], None] = lambda _event, _control: None
        self.control = Control(interrupt)
        self.frame_seconds = 0.0
        self.generation: Generation

    def compare(
        self,
        prompt: Sequence[int],
        sequences: tuple[SequenceStart, ...],
        max_tokens: int,
        *,
        ignore_eos: bool = True,
        share_u: bool = True,
        seed: int = 7,
    ) -> "Run":
        command = Generate(
            request=3,
            prompt=Prompt(manuscript=""),
            sequences=sequences,
            max_tokens=max_tokens,
            ignore_eos=ignore_eos,
            when_full="end",
            keep=True,
            share_u=share_u,
            seed=seed,
        )
        self.generation = self._generation(command, TokenizedPrompt(list(prompt), 1), self._emit)
        return self.go_on()

    def go_on(self, *commands: ContinueSequence | RerunSequence | RemoveSequence) -> "Run":
        """Run the generation again, with these commands; what it reported."""
        self.events = []
        self.interrupt.clear()
        self.control = Control(self.interrupt)
        self.control.commands.extend(commands)
        self.generation.run(self.control)
        assert all(event.request == 3 for event in self.events)
        return Run(self.events)

    def _emit(self, *events: AnyEvent) -> None:
        for event in events:
            self.events.append(event)
            self.on_event(event, self.control)

    def alone(
        self, prompt: Sequence[int], params: SamplingParams, max_tokens: int
    ) -> list[TokenRecord]:
        """What is written alone, past a full context too."""
        command = Generate(
            request=4,
            prompt=Prompt(manuscript=""),
            sequences=(SequenceStart(params=params),),
            max_tokens=max_tokens,
            ignore_eos=True,
        )
        events: list[AnyEvent] = []
        generation = self._generation(
            command, TokenizedPrompt(list(prompt), 0), lambda *more: events.extend(more)
        )
        generation.run(Control(self.interrupt))
        return [event.record for event in events if isinstance(event, Token)]

    def _generation(self, command: Generate, prompt: TokenizedPrompt, emit: Emit) -> Generation:
        if self.context.sequence_cells:
            self.context.sequence_cells.drop_all()
        reader = Reader(self.context, self.model.vocabulary)
        reader.pieces = self.pieces
        return Generation(
            command,
            prompt,
            reader,
            emit,
            self.frame_seconds,
            lambda _prompt: prompt,
        )


class Run:
    """What a run reported."""

    def __init__(self, events: list[AnyEvent]) -> None:
        self.events = list(events)

    def tokens(self, sequence: int) -> list[TokenRecord]:
        return [e.record for e in self._tokens(sequence)]

    def indices(self, sequence: int) -> list[int]:
        return [e.index for e in self._tokens(sequence)]

    def _tokens(self, sequence: int) -> list[Token]:
        return [e for e in self.events if isinstance(e, Token) and e.sequence == sequence]

    def ids(self, sequence: int) -> list[int]:
        return [token.id for token in self.tokens(sequence)]

    def ends(self) -> dict[int, Finished]:
        return {e.sequence: e for e in self.events if isinstance(e, Finished)}

    def reasons(self) -> dict[int, str]:
        return {number: end.reason for number, end in self.ends().items()}

    def started(self) -> dict[int, Started]:
        return {e.sequence: e for e in self.events if isinstance(e, Started)}

    @property
    def end(self) -> RunFinished:
        assert isinstance(self.events[-1], RunFinished)
        return self.events[-1]


@pytest.fixture
def tiny(byte_level: Model, new_context: NewContext, interrupt: Interrupt) -> Studio:
    return Studio(byte_level, new_context(byte_level), interrupt)


@pytest.fixture
def in_turn(
    byte_level: Model,
    new_context: NewContext,
    interrupt: Interrupt,
    monkeypatch: pytest.MonkeyPatch,
) -> Studio:
    """A context whose memory cannot be copied, as llama.cpp's is for recurrent models."""
    monkeypatch.setattr("llama_cpp.llama_model_is_recurrent", lambda _model: True)
    context = new_context(byte_level)
    assert context.sequence_cells is None
    return Studio(byte_level, context, interrupt)


@pytest.fixture
def real(starter: Model, new_context: NewContext, interrupt: Interrupt) -> Studio:
    return Studio(starter, new_context(starter), interrupt)


@pytest.fixture(scope="module")
def story(starter: Model) -> list[int]:
    return starter.vocabulary.tokenize(STORY)


# What a lane writes


def assert_same_text(mine: Sequence[TokenRecord], other: Sequence[TokenRecord]) -> None:
    """Token by token the same, drawn from the same distributions.

    Down to where arithmetic takes another token: the distributions still agree there, as far as
    sums in another order do, and nothing can be said of what follows. (llama.cpp sums attention in
    the order of the cells, in float16; lanes that reuse freed cells have another order.)
    """
    assert len(mine) == len(other)
    for one, another in zip(mine, other, strict=True):
        assert one.u == another.u
        assert_same_distribution(one.sketch, another.sketch)
        if one.id != another.id:
            return
        assert one.text == another.text
        assert one.probability == pytest.approx(another.probability, abs=0.01)
        assert one.entropy == pytest.approx(another.entropy, abs=0.05)


def assert_same_distribution(one: bytes, other: bytes) -> None:
    first, second = (LogitSketch.from_bytes(data) for data in (one, other))
    ids, probabilities, _ = first.distribution(1.0)
    for token, probability in zip(ids[:20].tolist(), probabilities[:20], strict=True):
        assert second.probability(token, 1.0) == pytest.approx(probability, abs=0.01)


def test_each_lane_writes_what_it_alone_would(real: Studio, story: list[int]) -> None:
    temperatures = [0.0, 0.4, 0.7, 1.0, 1.2, 1.5, 0.9, 2.0]
    alone = [real.alone(story, at(temperature, seed=7), 16) for temperature in temperatures]
    for lanes in (1, 3, 8):
        reported = real.compare(story, sequences_at(*temperatures[:lanes]), 16)
        for number in range(lanes):
            assert_same_text(reported.tokens(number), alone[number])


def test_a_lanes_samplers_keep_their_own_state(tiny: Studio) -> None:
    settings = [
        at(0.8, mirostat=2, mirostat_tau=3.0),
        at(1.0, repeat_penalty=1.5, xtc_probability=0.5, xtc_threshold=0.01),
        at(1.2, dry_multiplier=2.0, dry_allowed_length=1),
    ]
    reported = tiny.compare(PROMPT, tuple(SequenceStart(params=params) for params in settings), 40)
    for number, params in enumerate(settings):
        seeded = msgspec.structs.replace(params, seed=7)
        assert_same_text(reported.tokens(number), tiny.alone(PROMPT, seeded, 40))


def test_tokens_say_what_they_were_drawn_from(tiny: Studio) -> None:
    reported = tiny.compare(PROMPT, sequences_at(0.5, 1.5), 30)
    with Reference(tiny.model.path, 512) as reference:
        for number, temperature in enumerate((0.5, 1.5)):
            ids = reported.ids(number)
            rows = reference.logits([*PROMPT, *ids[:-1]], len(PROMPT) - 1)
            for token, logits in zip(reported.tokens(number), rows, strict=True):
                sketch = LogitSketch.from_bytes(token.sketch)
                assert token.probability == pytest.approx(
                    sketch.probability(token.id, temperature), abs=1e-4
                )
                expected = softmax(logits, temperature)[token.id]
                assert token.probability == pytest.approx(expected, abs=2e-3)


@pytest.mark.parametrize("frame_seconds", [0.0, 1e9])
def test_how_long_tokens_are_collected_changes_nothing_but_their_order(
    tiny: Studio, frame_seconds: float
) -> None:
    expected = tiny.compare(PROMPT, sequences_at(*TEMPERATURES), 30)
    tiny.frame_seconds = frame_seconds
    reported = tiny.compare(PROMPT, sequences_at(*TEMPERATURES), 30)
    for number in range(4):
        assert_same_text(reported.tokens(number), expected.tokens(number))
        for token in reported.tokens(number):  # each with the sketch of its own logits
            sketch = LogitSketch.from_bytes(token.sketch)
            assert token.probability == pytest.approx(
                sketch.probability(token.id, TEMPERATURES[number]), abs=1e-4
            )


# Draws


def test_the_same_draws_for_all(tiny: Studio) -> None:
    reported = tiny.compare(PROMPT, sequences_at(1.0, 1.0, 2.0), 20, seed=11)
    assert {start.seed for start in reported.started().values()} == {11}
    assert reported.ids(0) == reported.ids(1)
    us = [[token.u for token in reported.tokens(number)] for number in range(3)]
    assert us[0] == us[1] == us[2] == [uniform(11, len(PROMPT) + place) for place in range(20)]


def test_draws_of_their_own(tiny: Studio) -> None:
    lanes = (*sequences_at(1.0, 1.0), SequenceStart(params=at(1.0, seed=900)))
    reported = tiny.compare(PROMPT, lanes, 20, seed=11, share_u=False)
    assert [start.seed for start in reported.started().values()] == [11, 12, 900]
    assert [end.seed for end in reported.ends().values()] == [11, 12, 900]
    assert len({tuple(reported.ids(number)) for number in range(3)}) == 3
    assert [t.u for t in reported.tokens(1)] == [uniform(12, len(PROMPT) + at) for at in range(20)]


def test_a_new_seed_each_time(tiny: Studio) -> None:
    seeds = {
        tiny.compare(PROMPT, sequences_at(1.0), 1, seed=-1).started()[0].seed for _ in range(4)
    }
    assert len(seeds) == 4


# Ends


def test_lanes_finish_apart(tiny: Studio) -> None:
    # A tiny model's hot lanes soon meet its end of text; a ban keeps the other from it.
    banned = at(1.0, logit_bias=((0, -np.inf), (1, -np.inf), (2, -np.inf)))  # type: ignore[arg-type]  # no float
    reported = tiny.compare(
        PROMPT,
        (SequenceStart(params=banned), *sequences_at(100.0, 100.0)),
        100,
        ignore_eos=False,
        share_u=False,
        seed=1,
    )
    ends = reported.ends()
    assert ends[0].reason == "max_tokens"
    assert len(reported.ids(0)) == ends[0].tokens == 100
    assert reported.end.tokens == sum(end.tokens for end in ends.values())
    for number in (1, 2):
        assert ends[number].tokens == len(reported.ids(number))


def test_the_figures_at_the_end(tiny: Studio) -> None:
    end = tiny.compare(PROMPT, sequences_at(*TEMPERATURES), 20).end
    assert (end.tokens, end.evaluated, end.prompt_tokens) == (80, 76, 4)
    assert end.seconds_prompt > 0
    assert end.tokens_per_second == pytest.approx(76 / end.seconds_generation)


def test_what_is_reported_and_in_which_order(tiny: Studio) -> None:
    reported = tiny.compare(PROMPT, sequences_at(0.0, 1.0), 3)
    kinds = [type(event).__name__ for event in reported.events]
    assert kinds == [
        "Started", "Started", "Evaluated", *["Token"] * 6,
        "Finished", "Finished", "RunFinished",
    ] or kinds == [
        "Started", "Started", "Evaluated", *["Token"] * 5,
        "Finished", "Token", "Finished", "RunFinished",
    ]  # fmt: skip
    assert reported.indices(1) == [0, 1, 2]


# Turned, stopped, continued, run again


def once(
    event: type[AnyEvent], act: Callable[[], None], *, sequence: int, index: int
) -> Callable[..., None]:
    """Do something when that token of that lane is reported."""

    def on_event(reported: AnyEvent, _control: Control) -> None:
        if isinstance(reported, Token) and (reported.sequence, reported.index) == (sequence, index):
            act()

    return on_event


def test_a_lane_is_turned_and_the_others_are_not(tiny: Studio) -> None:
    plain = tiny.compare(PROMPT, sequences_at(0.3, 0.3), 30)
    hot = at(50.0)
    tiny.on_event = once(
        Token,
        lambda: tiny.control.commands.append(ChangeSequence(request=3, sequence=1, params=hot)),
        sequence=1,
        index=9,
    )
    reported = tiny.compare(PROMPT, sequences_at(0.3, 0.3), 30)
    assert_same_text(reported.tokens(0), plain.tokens(0))
    (turned,) = [event for event in reported.events if isinstance(event, ParamsChanged)]
    assert (turned.sequence, turned.index, turned.params) == (1, 10, hot)
    assert_same_text(reported.tokens(1)[:10], plain.tokens(1)[:10])
    for token in reported.tokens(1)[10:]:
        sketch = LogitSketch.from_bytes(token.sketch)
        assert token.probability == pytest.approx(sketch.probability(token.id, 50.0), abs=1e-4)
    assert reported.ends()[1].params == hot


def test_one_lane_is_stopped_and_goes_on(tiny: Studio) -> None:
    plain = tiny.compare(PROMPT, sequences_at(*TEMPERATURES), 30)

    def on_event(event: AnyEvent, control: Control) -> None:
        match event:
            case Token(sequence=2) if event.index == 4:
                control.commands.append(StopSequence(request=3, sequence=2))
            case Token(sequence=0) if event.index == 20:
                control.commands.append(
                    ContinueSequence(request=3, sequence=2, params=at(1.0), max_tokens=25)
                )

    tiny.on_event = on_event
    reported = tiny.compare(PROMPT, sequences_at(*TEMPERATURES), 30)
    for number in range(4):
        assert_same_text(reported.tokens(number), plain.tokens(number))
    ends = [event for event in reported.events if isinstance(event, Finished)]
    assert [(end.sequence, end.reason) for end in ends if end.sequence == 2] == [
        (2, "stopped"),
        (2, "max_tokens"),
    ]


@pytest.mark.parametrize("lost", [False, True])
def test_lanes_go_on_when_all_had_ended(real: Studio, story: list[int], lost: bool) -> None:
    plain = real.compare(story, sequences_at(0.0, 0.8), 16)
    first = real.compare(story, sequences_at(0.0, 0.8), 6)
    if lost:  # what the lanes had evaluated gave way to something else
        assert real.context.sequence_cells
        real.context.sequence_cells.drop_all()
        real.context.evaluate([99, 98, 97])
    orders = [
        ContinueSequence(request=3, sequence=lane, params=at(t), max_tokens=10)
        for lane, t in enumerate((0.0, 0.8))
    ]
    rest = real.go_on(*orders)
    for number in range(2):
        assert_same_text(first.tokens(number) + rest.tokens(number), plain.tokens(number))
        assert rest.indices(number) == list(range(6, 16))
    assert not rest.started()
    assert rest.end.tokens == 20


def test_a_lane_that_goes_on_can_be_turned_with_it(tiny: Studio) -> None:
    first = tiny.compare(PROMPT, sequences_at(1.0, 1.0), 10)
    rest = tiny.go_on(ContinueSequence(request=3, sequence=1, params=at(0.0), max_tokens=5))
    (turned,) = [event for event in rest.events if isinstance(event, ParamsChanged)]
    assert (turned.sequence, turned.index) == (1, 10)
    assert rest.ids(0) == []
    greedy = tiny.alone([*PROMPT, *first.ids(1)], at(0.0, seed=7), 5)
    assert_same_text(rest.tokens(1), greedy)


def test_a_lane_that_met_the_end_of_text_can_go_on(tiny: Studio) -> None:
    end_only = at(1.0, logit_bias=((2, 1000.0),))  # type: ignore[arg-type]  # no float
    tiny.on_event = once(
        Token,
        lambda: tiny.control.commands.append(
            ChangeSequence(request=3, sequence=0, params=end_only)
        ),
        sequence=0,
        index=5,
    )
    never = at(1.0, logit_bias=tuple((token, -np.inf) for token in range(3)))  # type: ignore[arg-type]  # no float
    first = tiny.compare(PROMPT, (SequenceStart(params=never),), 20, ignore_eos=False)
    assert (first.reasons(), len(first.ids(0))) == ({0: "end_of_text"}, 6)
    again = tiny.go_on(ContinueSequence(request=3, sequence=0, params=end_only, max_tokens=5))
    assert (again.reasons(), again.ids(0)) == ({0: "end_of_text"}, [])
    banned = msgspec.structs.replace(never, temperature=0.0)
    rest = tiny.go_on(ContinueSequence(request=3, sequence=0, params=banned, max_tokens=5))
    seeded = msgspec.structs.replace(banned, seed=7)
    expected = tiny.alone([*PROMPT, *first.ids(0)], seeded, 5)
    assert_same_text(rest.tokens(0), expected)


def test_a_lane_is_run_again_with_new_draws_and_the_others_keep_theirs(tiny: Studio) -> None:
    plain = tiny.compare(PROMPT, sequences_at(1.0, 1.0), 30)
    tiny.on_event = once(
        Token,
        lambda: tiny.control.commands.append(
            RerunSequence(request=3, sequence=1, params=at(1.0), max_tokens=30, seed=1234)
        ),
        sequence=0,
        index=12,
    )
    reported = tiny.compare(PROMPT, sequences_at(1.0, 1.0), 30)
    assert_same_text(reported.tokens(0), plain.tokens(0))
    restart = max(place for place, e in enumerate(reported.events) if isinstance(e, Started))
    again = Run(reported.events[restart:])
    assert again.started()[1].seed == 1234
    expected = tiny.alone(PROMPT, at(1.0, seed=1234), 30)
    assert_same_text(again.tokens(1), expected)


def test_a_lane_is_added_and_one_removed(tiny: Studio) -> None:
    tiny.compare(PROMPT, sequences_at(0.5, 1.0), 10)
    added = tiny.go_on(
        RemoveSequence(request=3, sequence=0),
        RerunSequence(request=3, sequence=5, params=at(1.5), max_tokens=10, seed=7),
    )
    assert set(added.started()) == {5}
    expected = tiny.alone(PROMPT, at(1.5, seed=7), 10)
    assert_same_text(added.tokens(5), expected)
    nothing = tiny.go_on(ContinueSequence(request=3, sequence=0, params=at(1.0), max_tokens=3))
    assert [type(event) for event in nothing.events] == [RunFinished]


def test_all_lanes_are_stopped(tiny: Studio) -> None:
    tiny.on_event = once(Token, lambda: tiny.control.stop(), sequence=0, index=3)
    reported = tiny.compare(PROMPT, sequences_at(*TEMPERATURES), 100)
    assert set(reported.reasons().values()) == {"stopped"}
    assert reported.end.tokens < 24
    # And what the abort left behind in the memory is no part of what follows.
    tiny.on_event = lambda _event, _control: None
    plain = tiny.compare(PROMPT, sequences_at(*TEMPERATURES), 30)
    tiny.on_event = once(Token, lambda: tiny.control.stop(), sequence=3, index=8)
    first = tiny.compare(PROMPT, sequences_at(*TEMPERATURES), 30)
    tiny.on_event = lambda _event, _control: None
    rest = tiny.go_on(
        *(
            ContinueSequence(request=3, sequence=n, params=at(t), max_tokens=30 - len(first.ids(n)))
            for n, t in enumerate(TEMPERATURES)
        )
    )
    for number in range(4):
        assert_same_text(first.tokens(number) + rest.tokens(number), plain.tokens(number))


def test_stopped_before_it_began(tiny: Studio) -> None:
    tiny.on_event = lambda event, control: control.stop() if isinstance(event, Started) else None
    reported = tiny.compare(PROMPT, sequences_at(0.5, 1.0), 10)
    assert reported.reasons() == {0: "stopped", 1: "stopped"}
    assert (reported.end.tokens, reported.end.tokens_per_second) == (0, 0.0)
    tiny.on_event = lambda _event, _control: None
    rest = tiny.go_on(ContinueSequence(request=3, sequence=1, params=at(1.0), max_tokens=10))
    assert_same_text(rest.tokens(1), tiny.alone(PROMPT, at(1.0, seed=7), 10))


def test_lanes_of_an_earlier_engine_go_on(real: Studio, story: list[int]) -> None:
    plain = real.compare(story, sequences_at(0.0, 1.0), 50)
    lanes = tuple(
        SequenceStart(params=at(t), written=id_bytes(plain.ids(n)[:44]), waits=n == 0)
        for n, t in enumerate((0.0, 1.0))
    )
    reported = real.compare(story, lanes, 6)
    assert reported.started()[1].tokens == 44
    assert reported.ids(0) == []
    assert_same_text(reported.tokens(1), plain.tokens(1)[44:])
    rest = real.go_on(ContinueSequence(request=3, sequence=0, params=at(0.0), max_tokens=6))
    assert_same_text(rest.tokens(0), plain.tokens(0)[44:])


# The context


def test_the_prompt_is_evaluated_once_and_the_manuscript_stays(tiny: Studio) -> None:
    prompt = [3 + place % 200 for place in range(300)]
    reported = tiny.compare(prompt, sequences_at(*TEMPERATURES), 20)
    (report,) = [event for event in reported.events if isinstance(event, Evaluated)]
    assert (report.reused, report.context_used) == (0, 300)
    assert tiny.context.used == 300
    assert tiny.context.free == 512 - 300 - 4 * 19
    assert tiny.context.evaluate([*prompt, 9]) == 300
    reported = tiny.compare([*prompt, 9], sequences_at(1.0), 5)
    (report,) = [event for event in reported.events if isinstance(event, Evaluated)]
    assert report.reused == 301


def test_the_whole_context_is_used_and_no_more(tiny: Studio) -> None:
    prompt = [3 + place % 200 for place in range(372)]
    reported = tiny.compare(prompt, sequences_at(0.5, 1.0), 71)
    assert set(reported.reasons().values()) == {"max_tokens"}
    assert tiny.context.free == 0
    more = tiny.go_on(ContinueSequence(request=3, sequence=0, params=at(0.5), max_tokens=5))
    assert more.reasons() == {0: "context_full"}
    # Another lane's room is there for it, once that lane is gone.
    more = tiny.go_on(
        RemoveSequence(request=3, sequence=1),
        ContinueSequence(request=3, sequence=0, params=at(0.5), max_tokens=70),
    )
    assert more.reasons() == {0: "max_tokens"}
    expected = tiny.alone(prompt, at(0.5, seed=7), 141)
    assert_same_text(reported.tokens(0) + more.tokens(0), expected)


def test_a_lane_in_turn_has_the_whole_context_too(in_turn: Studio) -> None:
    prompt = [3 + place % 200 for place in range(480)]
    reported = in_turn.compare(prompt, sequences_at(0.5, 1.0), 33)
    assert reported.reasons() == {0: "max_tokens", 1: "max_tokens"}
    more = in_turn.go_on(ContinueSequence(request=3, sequence=0, params=at(0.5), max_tokens=5))
    assert more.reasons() == {0: "context_full"}
    assert more.tokens(0) == []
    # What is full is its own text, not the other's.
    assert in_turn.go_on(
        RerunSequence(request=3, sequence=1, params=at(1.0), max_tokens=2)
    ).reasons() == {1: "max_tokens"}


def test_a_look_ahead_takes_the_room_that_it_needs(tiny: Studio) -> None:
    prompt = [3 + place % 200 for place in range(300)]
    plain = tiny.compare(prompt, sequences_at(0.5, 1.0), 60)
    first = tiny.compare(prompt, sequences_at(0.5, 1.0), 40)
    tiny.context.look_inside([*prompt[:200], 5, 6, 7])
    tiny.context.evaluate([40 + place % 100 for place in range(500)])
    assert tiny.context.free == 12
    rest = tiny.go_on(
        *(ContinueSequence(request=3, sequence=n, params=at(t), max_tokens=20)
          for n, t in enumerate((0.5, 1.0)))
    )  # fmt: skip
    for number in range(2):
        assert_same_text(first.tokens(number) + rest.tokens(number), plain.tokens(number))


def test_lanes_survive_a_look_at_the_same_prompt(tiny: Studio) -> None:
    prompt = [3 + place % 200 for place in range(100)]
    plain = tiny.compare(prompt, sequences_at(0.5, 1.0), 60)
    first = tiny.compare(prompt, sequences_at(0.5, 1.0), 40)
    tiny.context.evaluate(prompt)  # as a look-ahead does: its last token once more
    tiny.context.evaluate([*prompt[:50], 9, 9])
    assert tiny.context.sequence_cells
    assert tiny.context.sequence_cells.length(0) == 139
    assert tiny.context.free == 512 - 52 - 2 * 39 - 50
    rest = tiny.go_on(
        ContinueSequence(request=3, sequence=1, params=at(1.0), max_tokens=20),
        RerunSequence(request=3, sequence=2, params=at(0.5), max_tokens=60, seed=7),
    )
    assert_same_text(first.tokens(1) + rest.tokens(1), plain.tokens(1))
    assert_same_text(rest.tokens(2), plain.tokens(0))


def test_where_memory_cannot_be_copied_lanes_run_one_after_another(
    in_turn: Studio, tiny: Studio
) -> None:
    expected = tiny.compare(PROMPT, sequences_at(*TEMPERATURES), 30)
    reported = in_turn.compare(PROMPT, sequences_at(*TEMPERATURES), 30)
    order = [lane for lane, _ in itertools.groupby(
        event.sequence for event in reported.events if isinstance(event, Token))]  # fmt: skip
    assert order == [0, 1, 2, 3]
    for number in range(4):
        assert_same_text(reported.tokens(number), expected.tokens(number))
    rest = in_turn.go_on(
        ContinueSequence(request=3, sequence=1, params=at(0.5), max_tokens=5),
        RerunSequence(request=3, sequence=2, params=at(0.0), max_tokens=30),
    )
    longer = tiny.alone(PROMPT, at(0.5, seed=7), 35)
    assert_same_text(reported.tokens(1) + rest.tokens(1), longer)
    assert rest.ids(2) == reported.ids(0)


# What is refused


def test_lanes_that_cannot_fit() -> None:
    prompt = TokenizedPrompt(list(range(100)), 10)
    fits = fit_sequences(prompt, 512, [100] * 4, at_once=True, is_certain=True)
    assert (len(fits.tokens), fits.unseen) == (100, 0)
    with pytest.raises(EngineError, match=r"4 lanes of 200 tokens .* has room for 104 a lane"):
        fit_sequences(prompt, 512, [200] * 4, at_once=True, is_certain=True)
    # Where a text may end before, it is tried.
    assert len(fit_sequences(prompt, 512, [200] * 4, at_once=True, is_certain=False).tokens) == 100
    assert len(fit_sequences(prompt, 512, [200] * 4, at_once=False, is_certain=True).tokens) == 100


def test_a_long_prompt_is_cut_for_the_lanes() -> None:
    prompt = TokenizedPrompt(list(range(490)), 10)
    fitted = fit_sequences(prompt, 512, [30] * 4, at_once=True, is_certain=True)
    assert len(fitted.tokens) + 4 * 29 <= 512
    assert fitted.unseen == 128
    assert fitted.tokens == [*range(10), *range(138, 490)]
    with pytest.raises(EngineError, match="Choose fewer tokens or fewer lanes"):
        fit_sequences(prompt, 512, [130] * 4, at_once=True, is_certain=True)


def test_a_bias_that_the_model_has_no_token_for(tiny: Studio) -> None:
    odd = at(1.0, logit_bias=((9999, 1.0),))  # type: ignore[arg-type]  # no float
    with pytest.raises(EngineError, match="9,999"):
        tiny.compare(PROMPT, (*sequences_at(1.0), SequenceStart(params=odd)), 5)


@pytest.mark.parametrize(
    ("lanes", "max_tokens", "seed", "message"),
    [
        (0, 1, 0, "sequences"),
        (9, 1, 0, "sequences"),
        (2, 0, 0, "max_tokens"),
        (2, 1, 2**32, "seed"),
    ],
)
def test_comparisons_that_cannot_be(lanes: int, max_tokens: int, seed: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Generate(
            request=1,
            prompt=Prompt(manuscript="x"),
            sequences=sequences_at(*[1.0] * lanes),
            when_full="end",
            max_tokens=max_tokens,
            seed=seed,
        )


def test_two_sequences_cannot_both_have_the_context() -> None:
    with pytest.raises(ValueError, match="found 2; allowed are 1 to 1 where a full context means"):
        Generate(
            request=1, prompt=Prompt(manuscript="x"), sequences=sequences_at(1.0, 2.0), max_tokens=1
        )
