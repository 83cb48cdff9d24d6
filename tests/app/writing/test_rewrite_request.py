"""What the engine is asked for where a part of the text is to be rewritten."""

from __future__ import annotations

import math

import pytest

from studio.app.writing.draft import Draft
from studio.app.writing.rewrite_request import (
    FEWEST_VERSIONS,
    MOST_VERSIONS,
    RewriteKind,
    RewriteRequest,
    part_of,
    request_for,
    temperatures,
)
from studio.presets import Preset
from studio.sampling import SamplingParams

TEXT = "He rowed out. The fog came early. He lost the shore."
PART = TEXT.index("The fog"), TEXT.index(" He lost")
PARAMS = SamplingParams(temperature=0.8, seed=7)


@pytest.fixture
def draft() -> Draft:
    draft = Draft(Preset(name="Plain", description=""))
    draft.manuscript.load(TEXT)
    return draft


def asked(
    draft: Draft,
    kind: RewriteKind,
    instruction: str = "",
    *,
    part: tuple[int, int] = PART,
    context_size: int = 2048,
) -> RewriteRequest:
    request = request_for(draft, part, kind, instruction, PARAMS, context_size)
    assert request is not None
    return request


@pytest.mark.parametrize(
    ("temperature", "count", "expected"),
    [
        (0.8, 4, (0.56, 0.8, 1.04, 1.28)),
        (0.8, 3, (0.56, 0.8, 1.04)),
        (0.8, 2, (0.8, 1.04)),
        (0.0, 4, (0.0, 0.2, 0.4, 0.6)),
        (0.1, 4, (0.0, 0.1, 0.3, 0.5)),
        (math.inf, 2, (math.inf, math.inf)),
    ],
)
def test_temperatures_are_around_the_one_in_force(
    temperature: float, count: int, expected: tuple[float, ...]
) -> None:
    assert temperatures(SamplingParams(temperature=temperature), count) == expected


@pytest.mark.parametrize("temperature", [0.0, 0.05, 0.2, 0.8, 1.0, 2.0, 20.0])
@pytest.mark.parametrize("count", range(FEWEST_VERSIONS, MOST_VERSIONS + 1))
def test_each_is_another_and_one_is_in_force(temperature: float, count: int) -> None:
    found = temperatures(SamplingParams(temperature=temperature), count)
    assert list(found) == sorted(set(found))
    assert len(found) == count
    assert temperature in found


@pytest.mark.parametrize(
    ("selected", "part"),
    [
        ("The fog came early.", "The fog came early."),
        (" The fog came early. ", "The fog came early."),
        ("fog cam", "fog came"),
        ("shore.", "shore."),
        ("lost the sho", "lost the shore"),
        (" ", ""),
    ],
)
def test_a_part_has_no_space_at_its_ends_and_all_of_its_last_word(
    draft: Draft, selected: str, part: str
) -> None:
    start = TEXT.index(selected)
    draft.set_caret(start + len(selected), len(selected))
    assert draft.manuscript.part(*part_of(draft)) == part


def test_again_goes_on_from_before_it(draft: Draft) -> None:
    draft.set_brief("Short.")
    request = asked(draft, RewriteKind.AGAIN)
    assert request.prompt == draft.prompt(PART[0])
    assert [start.params.seed for start in request.starts] == [7, 8, 9, 10]
    assert [start.params.temperature for start in request.starts] == [0.56, 0.8, 1.04, 1.28]
    assert all(start.stop == ("\n",) for start in request.starts)


def test_what_has_several_paragraphs_does_not_end_with_the_first(draft: Draft) -> None:
    draft.manuscript.load(f"Once.\n\n{TEXT}\n\n{TEXT}\nEnd.")
    start = draft.manuscript.text.index(TEXT)
    end = draft.manuscript.text.index("\nEnd.")
    request = asked(draft, RewriteKind.LONGER, part=(start, end))
    assert all(start.stop == draft.stop for start in request.starts)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (RewriteKind.SHORTER, "in fewer words"),
        (RewriteKind.LONGER, "in more words"),
        (RewriteKind.PLAINER, "in plainer words"),
        (RewriteKind.OTHER_WORDS, "in other words"),
        (RewriteKind.OWN, "as a {letter} to {her}"),
    ],
)
def test_the_others_are_asked_of_the_model_between_the_text_around(
    draft: Draft, kind: RewriteKind, words: str
) -> None:
    draft.set_brief("A quiet {story}.")
    prompt = asked(draft, kind, "as a {letter} to {her}").prompt
    assert prompt.format == "chat"
    assert prompt.manuscript == "He rowed out. "
    assert words in prompt.brief
    assert "The fog came early." in prompt.brief
    assert "He lost the shore." in prompt.brief
    assert "A quiet {story}." in prompt.system


def test_the_longer_the_part_the_more_each_may_have_and_the_fewer_there_are(draft: Draft) -> None:
    draft.manuscript.load("The fog came early. " * 400)
    before = 0
    counts = []
    for length in (20, 200, 900, 1400):
        request = asked(draft, RewriteKind.OTHER_WORDS, part=(20, 20 + length))
        assert request.max_tokens > before
        before = request.max_tokens
        counts.append(len(request.starts))
        taken = len(request.prompt.manuscript + request.prompt.brief + request.prompt.system) / 3
        assert taken + len(request.starts) * request.max_tokens < 2048
    assert counts[0] == MOST_VERSIONS
    assert counts == sorted(counts, reverse=True)
    assert counts[-1] < MOST_VERSIONS
    assert request_for(draft, (20, 4000), RewriteKind.LONGER, "", PARAMS, 2048) is None
    assert request_for(draft, (0, 8000), RewriteKind.AGAIN, "", PARAMS, 2048) is None


def test_of_a_long_text_whole_words_near_the_part_are_seen(draft: Draft) -> None:
    draft.manuscript.load("fisherman " * 1000 + "out. " + "shore " * 1000)
    start = draft.manuscript.text.index("out.")
    prompt = asked(draft, RewriteKind.SHORTER, part=(start, start + 4)).prompt
    assert prompt.manuscript.startswith("fisherman fisherman")
    assert prompt.manuscript.endswith("fisherman ")
    assert len(prompt.manuscript) <= 1200
    assert 300 < prompt.brief.count("shore") * 6 < 420
