"""Token healing through the engine's commands: one first distribution, whoever asks for it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from studio.engine.control import Control
from studio.engine.messages import (
    Distribution,
    Evaluated,
    Finished,
    Generate,
    PreviewNextToken,
    Prompt,
    RerunSequence,
    RunFinished,
    Score,
    Scored,
    SequenceStart,
    Token,
)
from studio.sampling import LogitSketch, SamplingParams
from studio.token_record import TokenRecord
from tests.helpers.engine_bench import EngineBench

SEA = "The old fisherman looked out over the sea. It had the colour of"
GREEDY = SamplingParams(temperature=0.0)
WARM = SamplingParams(temperature=0.8, seed=5)


class Bench(EngineBench):
    """The starter model, and the commands of these tests."""

    def look(self, prompt: Prompt | str) -> tuple[Evaluated, Distribution]:
        evaluated, distribution = self.run(PreviewNextToken(request=2, prompt=_prompt(prompt)))[-2:]
        assert isinstance(evaluated, Evaluated)
        assert isinstance(distribution, Distribution)
        return evaluated, distribution

    def write(
        self, prompt: Prompt | str, params: SamplingParams, count: int, stop: tuple[str, ...] = ()
    ) -> list[TokenRecord]:
        events = self.run(
            Generate(
                request=3,
                prompt=_prompt(prompt),
                sequences=(SequenceStart(params=params, stop=stop),),
                max_tokens=count,
                ignore_eos=True,
            )
        )
        assert isinstance(events[-1], RunFinished), events[-1]
        return [event.record for event in events if isinstance(event, Token)]

    def compare(
        self, prompt: str, sequences: list[SequenceStart], count: int
    ) -> dict[int, list[TokenRecord]]:
        command = Generate(
            request=4,
            prompt=_prompt(prompt),
            sequences=tuple(sequences),
            when_full="end",
            keep=True,
            share_u=True,
            max_tokens=count,
            ignore_eos=True,
            seed=5,
        )
        return self._by_sequence(command)

    def rerun(
        self, sequence: int, params: SamplingParams, count: int
    ) -> dict[int, list[TokenRecord]]:
        return self._by_sequence(
            RerunSequence(request=4, sequence=sequence, params=params, max_tokens=count, seed=5)
        )

    def _by_sequence(self, command: Generate | RerunSequence) -> dict[int, list[TokenRecord]]:
        self.events = []
        self.interrupt.clear()
        self.engine.run(command, Control(self.interrupt))
        assert isinstance(self.events[-1], RunFinished), self.events[-1]
        self.ends = [event for event in self.events if isinstance(event, Finished)]
        found: dict[int, list[TokenRecord]] = {}
        for event in self.events:
            if isinstance(event, Token):
                found.setdefault(event.sequence, []).append(event.record)
        return found


def _prompt(prompt: Prompt | str) -> Prompt:
    return Prompt(manuscript=prompt) if isinstance(prompt, str) else prompt


def text_of(tokens: list[TokenRecord]) -> str:
    return b"".join(token.text for token in tokens).decode(errors="replace")


@pytest.fixture
def own_bench() -> Iterator[Bench]:
    """One without a model."""
    bench = Bench()
    yield bench
    bench.engine.close()


@pytest.fixture(scope="module")
def opened_bench(starter_model: Path) -> Iterator[Bench]:
    bench = Bench()
    bench.load(starter_model, 512)
    yield bench
    bench.engine.close()


@pytest.fixture
def bench(opened_bench: Bench) -> Bench:
    """The starter model, with nothing read of what a test before has had read."""
    opened_bench.look("1")
    return opened_bench


@pytest.mark.parametrize("text", [SEA, SEA + " ", SEA + " a fisherm", SEA + " a child.\n\n"])
def test_look_ahead_writing_and_lanes_begin_with_the_same_distribution(
    bench: Bench, text: str
) -> None:
    evaluated, distribution = bench.look(text)
    [alone] = bench.write(text, WARM, 1)
    [lane] = bench.compare(text, [SequenceStart(params=WARM)], 1)[0]
    best = LogitSketch.from_bytes(distribution.sketch)
    for token in (alone, lane):
        sketch = LogitSketch.from_bytes(token.sketch)
        assert sketch.ids.tolist() == best.ids.tolist()
        assert sketch.logits.tolist() == best.logits.tolist()
        assert {**distribution.typed, **token.typed} == token.typed
        assert token.id in best.ids
    assert (alone.id, alone.u, alone.text) == (lane.id, lane.u, lane.text)
    # And after all that the same is reported again.
    assert bench.look(text)[1].sketch == distribution.sketch
    again = bench.look(text)[0]
    assert again.tokens == evaluated.tokens
    assert again.reused == len(evaluated.token_ids())


def test_with_and_without_the_space_the_same_is_reported_and_written(bench: Bench) -> None:
    before, distribution = bench.look(SEA)
    after, spaced = bench.look(SEA + " ")
    assert before.tokens == after.tokens
    assert distribution.typed == {}
    first = LogitSketch.from_bytes(distribution.sketch).ids[:20].tolist()
    assert LogitSketch.from_bytes(spaced.sketch).ids[:20].tolist() == first
    assert all(spaced.typed[token] == 1 for token in first)
    for params in (GREEDY, WARM):
        written = text_of(bench.write(SEA, params, 16))
        assert written[0] == " "
        assert text_of(bench.write(SEA + " ", params, 16)) == written[1:]


def test_a_token_says_what_it_adds_and_is_the_models(own_bench: Bench, starter_model: Path) -> None:
    bench = own_bench  # what a token spells is said once
    bench.load(starter_model, 512)
    [token] = bench.write("Every morning the old fisher", GREEDY, 1)
    assert token.text == b"man"
    [reported] = [event for event in bench.events if isinstance(event, Token)]
    assert reported.pieces[token.id] == b" fisherman"
    assert token.typed[token.id] == len(" fisher")
    assert token.top[0] == (token.id, 1.0)
    tokens = bench.write("Every morning the old fisher", GREEDY, 3)
    assert [bool(token.typed) for token in tokens] == [True, False, False]


def test_cut_anywhere_the_coldest_text_goes_on_as_it_would_have(bench: Bench) -> None:
    opening = "The lamp had burned low by the time she finished the letter."
    written = text_of(bench.write(opening, GREEDY, 24))
    wrong = []
    for cut in range(1, 60):
        # The token that was cut, and one that follows it.
        goes_on = text_of(bench.write(opening + written[:cut], GREEDY, 2))
        if not written[cut:].startswith(goes_on[: len(written) - cut]):
            wrong.append((written[:cut][-12:], goes_on))
    # A border inside a word says nothing of where the word's token ends.
    assert len(wrong) <= 3, wrong


@pytest.mark.parametrize("recurrent", [False, True])
def test_lanes_go_on_each_by_its_own_way(
    own_bench: Bench, starter_model: Path, monkeypatch: pytest.MonkeyPatch, recurrent: bool
) -> None:
    bench = own_bench
    if recurrent:
        monkeypatch.setattr("llama_cpp.llama_model_is_recurrent", lambda _model: True)
    bench.load(starter_model, 512)
    text = "Every morning the old fisher"
    man, comma = (
        SamplingParams(temperature=0.0, logit_bias=((_token(bench, spelled), 30.0),))
        for spelled in (" fisherman", ",")
    )
    every = [man, comma, WARM]
    lanes = bench.compare(text, [SequenceStart(params=params) for params in every], 6)
    assert [text_of(lanes[number])[:1] for number in (0, 1)] == ["m", ","]
    for number, params in enumerate(every):
        assert text_of(lanes[number]) == text_of(bench.write(text, params, 6))
    # A lane that is given back goes on behind what it had.
    ids = [token.id for token in lanes[0][:3]]
    given = SequenceStart(params=man, written=b"".join(i.to_bytes(4, "little") for i in ids))
    assert text_of(bench.compare(text, [given], 3)[0]) == text_of(lanes[0][3:])
    # And one that is run again may go another way than before.
    assert text_of(bench.rerun(0, comma, 6)[0]) == text_of(lanes[1])


def _token(bench: Bench, spelled: str) -> int:
    opened = bench.engine._opened
    assert opened
    [token] = opened.model.vocabulary.by_bytes.spelling(spelled.encode())
    return token


def test_a_stop_is_looked_for_in_what_is_added(bench: Bench) -> None:
    text = "Every morning the old fisher"
    assert text_of(bench.write(text, GREEDY, 4, stop=(" fisherman",)))[:3] == "man"
    assert bench.write(text, GREEDY, 4, stop=("man",)) == []
    stopped = SequenceStart(params=GREEDY, stop=("man",))
    assert bench.compare(text, [stopped], 4) == {}
    [end] = bench.ends
    assert (end.reason, end.end and end.end.record.text) == ("stop_string", b"")


@pytest.mark.process  # renders a template
def test_an_empty_answer_is_healed_by_nothing_and_a_begun_one_is(bench: Bench) -> None:
    def chat(manuscript: str) -> Prompt:
        return Prompt(manuscript=manuscript, brief="Name a trade of the sea.", format="chat")

    assert bench.look(chat(""))[1].typed == {}
    [token] = bench.write(chat("One old trade of the sea is that of the fisher"), GREEDY, 1)
    assert token.text in (b"man", b"men")
    assert token.typed


@pytest.mark.parametrize("text", ["Hi the se", "Hi the", "Hi the ", "the", "th"])
def test_a_tokenizer_that_adds_a_space_of_its_own_is_healed_too(
    own_bench: Bench, sentencepiece_path: Path, text: str
) -> None:
    bench = own_bench
    bench.load(sentencepiece_path)
    opened = bench.engine._opened
    assert opened
    vocabulary = opened.model.vocabulary
    evaluated, distribution = bench.look(text)
    # A word is merged letter by letter here, and every beginning of one is a token.
    [sea] = vocabulary.by_bytes.spelling(b" sea")
    typed = {"Hi the se": 3, "Hi the ": 1}.get(text)
    assert distribution.typed.get(sea) == typed
    for seed in range(8):
        params = SamplingParams(temperature=1.0, seed=seed)
        first, *_ = tokens = bench.write(text, params, 3)
        piece = vocabulary.text(first.id)
        assert first.text == piece[first.typed.get(first.id, 0) :]
        assert [token.typed for token in tokens[1:]] == [{}, {}]
    assert evaluated.token_ids()[0] == vocabulary.bos


def test_a_full_context_is_cut_and_what_was_added_stands_in_it(
    own_bench: Bench, starter_model: Path
) -> None:
    bench = own_bench
    bench.load(starter_model, 64)
    text = SEA + " the sky. " + SEA + " "
    tokens = bench.write(text, GREEDY, 50)
    assert len(tokens) == 50
    cut = [event for event in bench.events if isinstance(event, Evaluated)][1]
    opened = bench.engine._opened
    assert opened
    spelled = b"".join(map(opened.model.vocabulary.text, cut.token_ids()))
    assert spelled.startswith((text + text_of(tokens)[:20]).encode())


def test_the_end_of_a_scored_text_is_no_surprise_for_where_it_is_cut(bench: Bench) -> None:
    def last(text: str) -> float:
        events = bench.run(Score(request=6, prompt=Prompt(manuscript=text)))
        token = [event for event in events if isinstance(event, Scored)][-1].tokens[-1]
        return LogitSketch.from_bytes(token.sketch).probability(token.id, 1.0)

    assert last(SEA + " ") > 0.9
    # "fisher" is so likely as all that begins with it.
    assert last("Every morning the old fisher") > last("Every morning the old fisherman")


def test_writing_on_reuses_what_was_read(bench: Bench) -> None:
    text = SEA
    read = len(bench.look(text)[0].token_ids())
    for typed in " a", " chi", "ld", ",", " ", "and":
        text += typed
        evaluated, _ = bench.look(text)
        assert evaluated.reused >= read - 4
        read = len(evaluated.token_ids())
