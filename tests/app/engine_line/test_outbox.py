from studio.app.engine_line.outbox import Outbox
from studio.engine.messages import (
    AnyCommand,
    ChangeSequence,
    Generate,
    PreviewNextToken,
    Prompt,
    Score,
    SequenceStart,
    Stop,
)
from studio.sampling import SamplingParams

COLD, HOT = SamplingParams(temperature=0.0), SamplingParams(temperature=2.0)


def look(request: int) -> PreviewNextToken:
    return PreviewNextToken(request=request, prompt=Prompt(manuscript="the same text"))


def all_of(outbox: Outbox) -> list[AnyCommand]:
    return [outbox.pop() for _ in range(len(outbox))]


def test_commands_come_out_as_they_went_in() -> None:
    outbox = Outbox()
    commands: list[AnyCommand] = [
        Generate(
            request=1,
            prompt=Prompt(manuscript="a"),
            sequences=(SequenceStart(params=COLD),),
            max_tokens=3,
        ),
        Stop(request=1),
        Generate(
            request=2,
            prompt=Prompt(manuscript="a"),
            sequences=(SequenceStart(params=COLD),),
            max_tokens=3,
        ),
        look(3),
    ]
    for command in commands:
        assert outbox.put(command) is None
    assert all_of(outbox) == commands
    assert not outbox


def test_of_ten_thousand_questions_the_last_remains() -> None:
    outbox = Outbox()
    gave_way = [outbox.put(look(request)) for request in range(10_000)]
    assert gave_way == [None, *map(look, range(9_999))]
    score = Score(request=10_000, prompt=Prompt(manuscript="a"))
    assert outbox.put(score) is None
    assert all_of(outbox) == [look(9_999), score]


def test_a_turn_counts_as_it_was_turned_last() -> None:
    outbox = Outbox()
    for params in (COLD, HOT, COLD, HOT):
        outbox.put(ChangeSequence(request=1, sequence=0, params=params))
        for lane in (0, 1):
            outbox.put(ChangeSequence(request=2, sequence=lane, params=params))
    outbox.put(ChangeSequence(request=3, sequence=0, params=COLD))
    assert all_of(outbox) == [
        ChangeSequence(request=1, sequence=0, params=HOT),
        ChangeSequence(request=2, sequence=0, params=HOT),
        ChangeSequence(request=2, sequence=1, params=HOT),
        ChangeSequence(request=3, sequence=0, params=COLD),
    ]
