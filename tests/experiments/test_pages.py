"""What a comparison looks like to a person without the program: Markdown and one HTML page."""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ElementTree
from typing import Any

import msgspec
import pytest

from studio.engine.messages import Prompt
from studio.experiments import words
from studio.experiments.comparison import Comparison, LaneRecord, Turn
from studio.experiments.html_page import entropy_chart, to_html
from studio.experiments.markdown import to_markdown
from studio.experiments.page_colors import DARK, LIGHT, PageColors
from studio.model_record import ModelRecord
from studio.sampling import SamplingParams, WordBias
from studio.token_record import TokenRecord
from studio.ui.theme import colors
from tests.helpers.html_reader import Reader

HOSTILE = '</title><script>alert(1)</script> & "quoted" `code` ``` | cell'


def token(identity: int, text: str | bytes, **values: Any) -> TokenRecord:
    raw = text if isinstance(text, bytes) else text.encode()
    kept: dict[str, Any] = {"probability": 0.312, "rank": 0, "entropy": 1.0, "u": 0.4821} | values
    return TokenRecord(id=identity, text=raw, **kept)


def page_of(*lanes: LaneRecord, manuscript: str = "The sea was") -> Comparison:
    return Comparison(
        made="2026-01-02T03:04:05Z",
        model=ModelRecord(
            name="Tiny <one>", file="tiny.gguf", quantization="Q4_1", hash="sha256:0"
        ),
        prompt=Prompt(manuscript=manuscript, brief=HOSTILE),
        prompt_tokens=1234,
        max_tokens=3,
        lanes=lanes,
        spellings={2: b" sea", 3: b" <b>"},
        tokens_per_second=181.4,
    )


COLD = LaneRecord(
    params=SamplingParams(temperature=0.0),
    seed=7,
    tokens=(
        token(1, " calm"),
        token(2, " and\n", top=((2, 0.312), (3, 0.25))),
        token(5, b"\xf0\x9f"),
        token(6, b"\x90\x9f"),
    ),
    reason="max_tokens",
)
HOT = LaneRecord(
    params=SamplingParams(temperature=math.inf, top_k=40, min_p=0.05),
    seed=7,
    tokens=(token(1, " calm"), token(3, " <b>", rank=5, probability=0.0002, near_tie=True)),
    reason="end_of_text",
    name="Wild | <i>",
    turns=(Turn(index=1, params=SamplingParams(temperature=0.5)),),
)


def test_the_page_has_everything_and_needs_nothing() -> None:
    page = to_html(page_of(COLD, HOT))
    reader = Reader(page)
    for expected in (
        "The sea was", HOSTILE, "Tiny <one>", "Q4_1", "1,234 tokens", "181 tokens/s", "seed 7",
        "T 0", "T ∞, 0.5 from token 2", "top_k 40, min_p 0.05", " calm and\n🐟", " calm <b>",
        "its text ended", "sha256:0", "the same random draws in every lane",
        "Token 2 is the first that differs from Lane 1",
    ):  # fmt: skip
        assert expected in reader.text, expected
    assert "script" not in reader.tags
    assert not {"link", "img", "iframe", "object"} & reader.tags
    assert not re.search(r"(src=|href=|url\(|@import|https?:)", page)
    assert not any(name.startswith("on") for name, _ in reader.attributes)
    assert "prefers-color-scheme: dark" in page


def test_tooltips_say_how_likely_a_token_was_and_what_else_there_was() -> None:
    titles = Reader(to_html(page_of(COLD, HOT))).titles
    assert (
        "“ and↵”  31.2 %, the favourite\nentropy 1.44 bits, random draw u = 0.4821\n“ <b>”  25.0 %"
        in titles
    )
    (near,) = [title for title in titles if "near-tie" in title]
    assert near.startswith("“ <b>”  0.02 %, choice 6")


def test_the_first_token_that_differs_is_marked() -> None:
    page = to_html(page_of(COLD, HOT))
    assert re.findall(r'<span class="parting"[^>]*>([^<]*)</span>', page) == [" &lt;b&gt;"]
    same = to_html(page_of(COLD, COLD))
    assert "parting" not in same.split("</style>")[1]
    assert "The same as Lane 1" in same


@pytest.mark.parametrize("lengths", [(), (0,), (1,), (1, 0), (2, 300), (4096,) * 8])
def test_the_chart_is_a_drawing_whatever_there_is(lengths: tuple[int, ...]) -> None:
    lines = [[(place * 7 % 13) / 2 for place in range(length)] for length in lengths]
    drawing = ElementTree.fromstring(
        entropy_chart(lines, ["<lane> & co"] * len(lines), range(len(lines)))
    )
    _, _, width, height = map(float, drawing.attrib["viewBox"].split())
    points = [
        tuple(map(float, point.split(",")))
        for line in drawing.iter("polyline")
        for point in line.attrib["points"].split()
    ]
    assert len(points) == sum(length for length in lengths if length > 1)
    assert all(0 <= x <= width and 0 <= y <= height for x, y in points)
    labels = [text.text for text in drawing.iter("text")]
    assert len(labels) < 25


def test_a_flat_line_has_a_scale() -> None:
    assert ElementTree.fromstring(entropy_chart([[0.0, 0.0]], ["a"], [3])) is not None


def test_markdown_has_everything() -> None:
    text = to_markdown(page_of(COLD, HOT, manuscript="a ```` fence"))
    assert "`````text\na ```` fence\n`````" in text
    assert f"````text\n{HOSTILE}\n````" in text
    assert "| Lane 1 | T 0 | none | none | 4 | 1.44 bits |" in text
    assert r"| Lane 2 · Wild \| \<i\> | T ∞, 0.5 from token 2 |" in text
    assert "Token 2 is the first that differs from Lane 1" in text
    assert "Arithmetic alone may have decided there." in text
    assert "Random draws: the same in every lane" in text
    # A table's rows have as many cells as its head.
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len({len(re.findall(r"(?<!\\)\|", row)) for row in rows}) == 1


def test_words_for_settings() -> None:
    assert words.other_settings(SamplingParams(seed=4, temperature=3.0)) == ""
    order = SamplingParams(temperature=0.5, top_k=9, samplers=("temperature", "top_k"))
    biased = SamplingParams(word_biases=(WordBias("the", -math.inf, ("upper",)),))
    assert words.other_settings(biased) == "word_biases 'the/THE' banned"
    assert words.other_settings(order) == "top_k 9, order temperature, top_k"
    assert words.percent(0.00001) == "0.001 %"


@pytest.mark.parametrize(
    ("changed", "reported"),
    [
        # Without a sampler that is off what belongs to it does nothing.
        ({"dry_base": 2.0, "xtc_threshold": 0.2, "mirostat_tau": 3.0, "min_keep": 4}, ""),
        ({"repeat_last_n": 128, "dynatemp_exponent": 2.0}, ""),
        ({"repeat_penalty": 1.1, "repeat_last_n": 0}, ""),
        ({"repeat_penalty": 1.1, "repeat_last_n": 128}, "repeat_penalty 1.1, repeat_last_n 128"),
        ({"top_p": 0.9, "min_keep": 4}, "top_p 0.9, min_keep 4"),
        # A step that is left out of the order is not applied.
        ({"top_k": 40, "min_p": 0.1, "samplers": ("min_p", "temperature")}, "min_p 0.1"),
        # At T 0 the best token is taken, whatever filters would have left beside it.
        ({"temperature": 0.0, "top_k": 40, "xtc_probability": 0.5, "dynatemp_range": 1.0}, ""),
        ({"temperature": 0.0, "min_p": 0.1, "dry_multiplier": 0.8}, "dry_multiplier 0.8"),
        # Mirostat stands in the place of all others.
        ({"mirostat": 2, "top_k": 40, "repeat_penalty": 1.3}, "mirostat 2"),
        ({"mirostat": 2, "temperature": 0.0, "mirostat_tau": 4.0}, ""),
        ({"mirostat": 1, "mirostat_tau": 4.0}, "mirostat 1, mirostat_tau 4"),
        # An order says something of steps that act.
        ({"top_k": 40, "samplers": ("top_k", "temperature", "min_p")}, "top_k 40"),
        (
            {"top_k": 40, "top_p": 0.9, "samplers": ("top_p", "top_k")},
            "top_k 40, top_p 0.9, order top_p, top_k",
        ),
    ],
)
def test_only_settings_that_acted_are_reported(changed: dict[str, Any], reported: str) -> None:
    assert words.other_settings(SamplingParams(**changed)) == reported


def test_a_lane_reports_what_its_tokens_were_drawn_with() -> None:
    turned = msgspec.structs.replace(
        COLD,
        params=SamplingParams(temperature=0.7, top_k=5),
        turns=(
            Turn(index=2, params=SamplingParams(temperature=0.9)),
            # Turned when it had ended: it has changed nothing.
            Turn(index=4, params=SamplingParams(temperature=1.9, top_k=1)),
        ),
    )
    assert words.temperature(turned) == "T 0.7, 0.9 from token 3"
    assert words.settings(turned) == "top_k 5; none from token 3"
    assert (words.seed(turned), words.seed(COLD)) == ("7", "")
    # What was turned before its first token is not reported either.
    early = msgspec.structs.replace(
        COLD, turns=(Turn(index=0, params=SamplingParams(temperature=0.3)),)
    )
    assert words.temperature(early) == "T 0.3"
    # Where the order has no temperature the model's own distribution was drawn from.
    left_out = SamplingParams(temperature=0.0, samplers=("top_k",))
    assert words.temperature(msgspec.structs.replace(COLD, params=left_out)) == "T 1"


def test_only_lanes_that_were_run_to_their_end_are_results() -> None:
    never = LaneRecord(params=SamplingParams(temperature=1.7, top_k=77), seed=0, tokens=())
    stopped = LaneRecord(
        params=SamplingParams(temperature=0.9), seed=7, tokens=HOT.tokens, reason="stopped"
    )
    empty = LaneRecord(
        params=SamplingParams(temperature=0.4), seed=7, tokens=(), reason="end_of_text"
    )
    page = page_of(COLD, never, stopped, empty, HOT)
    for text in (Reader(to_html(page)).text, to_markdown(page)):
        assert "1.7" not in text
        assert "77" not in text
        before, after = re.split("Stopped before the end\n", text)
        assert "0.9" not in before
        assert "T 0.9" in after
        assert "it was stopped" in after
        assert "Lane 4 (T 0.4) wrote nothing: its text ended." in text
        # A lane is compared with the result before it, and has the place that it had.
        assert "is the first that differs from Lane 1" in before
        assert "Lane 5" in before
    assert "Comparison of 2 lanes" in to_html(page)
    assert len(re.findall("<polyline", to_html(page))) == 2
    # Nothing but a stopped lane is no comparison, and still a page.
    alone = page_of(stopped, never)
    assert "<h2>Lanes" not in to_html(alone)
    assert "## Lanes" not in to_markdown(alone)
    assert "random draws" not in to_markdown(alone).lower()
    assert " calm <b>" in Reader(to_html(alone)).text


def test_a_lane_has_the_colour_that_it_has_in_the_window() -> None:
    for page_set, window_set in ((LIGHT, colors.LIGHT), (DARK, colors.DARK)):
        assert page_set == PageColors(
            page=window_set.window,
            card=window_set.card,
            edge=window_set.card_border,
            text=window_set.text,
            quiet=window_set.muted,
            mark=window_set.selection,
            lanes=window_set.lanes,
        )
    page = to_html(page_of(COLD, msgspec.structs.replace(HOT, color=5)))
    assert re.findall(r'<section class="card lane lane-(\d)"', page) == ["0", "5"]
    assert re.findall(r'<polyline class="lane-(\d)"', page) == ["0", "5"]
    for number, (light, dark) in enumerate(zip(LIGHT.lanes, DARK.lanes, strict=True)):
        assert f"--lane-{number}: {light};" in page
        assert f"--lane-{number}: {dark};" in page


def test_whatever_stands_in_a_comparison_is_text_alone() -> None:
    hostile = (
        '"><script>alert(1)</script>',
        "' onmouseover=alert(1) x='",
        "<img src=x onerror=x>",
        "</style></title><a href=javascript:x>",
        "&lt;b&gt; &#60;",
        "]]><!--",
        "\u202e\x00",
    )
    everything = "".join(hostile)
    lane = LaneRecord(
        params=SamplingParams(
            temperature=0.5, dry_multiplier=1.0, dry_sequence_breakers=("<script>",)
        ),
        seed=7,
        tokens=tuple(
            token(place, text, top=((place, 0.5), (100 - place, 0.2)))
            for place, text in enumerate(hostile)
        ),
        reason="stop_string",
        end=token(90, everything),
        stop=hostile,
        name=everything,
    )
    other = msgspec.structs.replace(lane, tokens=lane.tokens[::-1], reason="max_tokens", end=None)
    page = to_html(
        msgspec.structs.replace(
            page_of(lane, other, manuscript=everything),
            made=everything,
            prompt=Prompt(
                manuscript=everything, brief=everything, system=everything, format="chat"
            ),
            model=ModelRecord(
                name=everything, file=everything, quantization=everything, hash=everything
            ),
            spellings={number: everything.encode() for number in range(101)},
        )
    )
    reader = Reader(page)
    harmless = Reader(to_html(page_of(COLD, HOT)))
    assert reader.tags <= harmless.tags
    assert {name for name, _ in reader.attributes} <= {name for name, _ in harmless.attributes}
    assert all(text in reader.text for text in hostile[:4])
    assert len(reader.titles) >= 2 * len(hostile)
    assert "default-src 'none'" in page.split("<style>")[0]


def test_what_ended_a_text_is_reported_and_marked() -> None:
    end = token(3, "", probability=0.25, rank=1)
    ended = LaneRecord(
        params=SamplingParams(), seed=7, tokens=COLD.tokens[:1], reason="end_of_text", end=end
    )
    (_, parting) = words.partings([COLD, ended])
    assert parting
    assert words.parting_sentence(parting, "Lane 1") == (
        "Token 2 is the first that differs from Lane 1: the end of the text (25.0 %, choice 2) "
        "where that has “ and↵” (31.2 %, the favourite) with the same random draw."
    )
    stopped = msgspec.structs.replace(
        ended, reason="stop_string", end=token(2, " an"), stop=("d\n",)
    )
    (_, parting) = words.partings([stopped, COLD])
    assert parting
    assert words.parting_sentence(parting, "Lane 1").endswith(
        "“ and↵” (31.2 %, the favourite) where that has a stop string, which ends the text "
        "(31.2 %, the favourite) with the same random draw."
    )
    page = to_html(page_of(COLD, ended))
    assert re.findall(r'<span class="(end.*?)" title="([^"&]*)[^>]*>■</span>', page) == [
        ("end parting", "its text ended")
    ]
    page = to_html(page_of(stopped, COLD))
    assert re.search(r' an<span class="end" title="it met a stop string&#10;“ sea”', page)
    assert "■" not in to_html(page_of(COLD, COLD))


def test_words_where_one_text_ends() -> None:
    ended = LaneRecord(
        params=SamplingParams(), seed=7, tokens=COLD.tokens[:1], reason="end_of_text"
    )
    (_, parting) = words.partings([COLD, ended])
    assert parting
    assert words.parting_sentence(parting, "Lane 1").endswith("the text ends there.")
    (_, parting) = words.partings([ended, COLD])
    assert parting
    assert words.parting_sentence(parting, "Lane 1").endswith("Lane 1 ends there.")
