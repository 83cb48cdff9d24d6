"""A sweep as a person reads it: a page, and a picture."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree

import msgspec
import pytest

from studio.experiments.sweep.chart import picture
from studio.experiments.sweep.figures import figures_of
from studio.experiments.sweep.plan import Sweep
from studio.experiments.sweep.recommendation import recommendation
from studio.experiments.sweep.summary import summary, text_row
from studio.experiments.sweep.sweep_page import sweep_page
from studio.model_record import ModelRecord
from tests.helpers.html_reader import Reader
from tests.helpers.small_sweep import PLAN, swept, text, written

MODEL = ModelRecord(name="Tiny", file="tiny <one>-Q4_1.gguf", quantization="Q4_1", hash="sha256:0")
HOSTILE = "</title><script>alert(1)</script>\u202e"
CRITERION = 'criterion = {highest = "tokens", at_most = {loops = 0.5}}\n[vary]'
MADE = "2026-01-02T03:04:05Z"


def page(sweep: Sweep, words: str = "one two") -> str:
    figures = figures_of(sweep, written(sweep, lambda *place: f"{words} {place}"))
    return sweep_page(sweep, figures, recommendation(sweep, figures), MODEL, MADE)


def test_the_page_has_everything_and_needs_nothing() -> None:
    plain = page(swept(PLAN.replace("[vary]", CRITERION)))
    reader = Reader(plain)
    for expected in (
        "Which T?", "tiny <one>", "2 prompts", "3 values", "2 texts of each", "seeds from 7",
        "highest “Length” with “Ends in a loop” at most 50 %", "What this does not show",
        "Perplexity at T 1", "Distinct-2", "Self-BLEU", "Near duplicates", "The sea was",
        "Prompt rain", "T 0.5 · 2 texts", "one two (1, 2, 1)", "temperature = [0.5, 1.0, 2]",
        "sha256:0", MADE,
    ):  # fmt: skip
        assert expected in reader.text, expected
    assert plain.count("<svg") == len(swept().measures)
    assert plain.count('class="chosen"') == 1 + len(swept().measures), "a row, and in each chart"
    assert not {"script", "link", "img"} & reader.tags
    assert not re.search(r"(src=|href=|url\(|@import|https?:)", plain)


def test_words_of_strangers_stay_words() -> None:
    source = PLAN.replace("Which T?", HOSTILE).replace("The sea was", HOSTILE)
    hostile = page(swept(source.replace('name = "rain"', 'name = "<i>"')), HOSTILE)
    reader, plain = Reader(hostile), Reader(page(swept()))
    assert reader.tags == plain.tags
    assert "\u202e" not in hostile
    assert "\\u202e" in reader.text


@pytest.mark.parametrize(
    ("vary", "labels"),
    [
        ("temperature = [0.0, 0.5, 2.0]", ["0", "0.5", "2"]),
        ("temperature = [1.0, inf]", ["1", "∞"]),
        ("temperature = [1.0]", ["1"]),
        ('preset = ["Code", "Greedy"]', ["Code", "Greedy"]),
        ("temperature = [1.0, 1.01, 2.0]", ["1", "2"]),  # the third has no room
    ],
)
def test_the_picture_is_whole_by_itself(vary: str, labels: list[str]) -> None:
    sweep = swept(PLAN.replace("temperature = [0.5, 1.0, 2]", vary))
    figures = figures_of(sweep, written(sweep, lambda *place: f"word {place}"))
    root = ElementTree.fromstring(picture(sweep, figures, None, ["tokens"]))
    words = [it.text for it in root.iter("{http://www.w3.org/2000/svg}text")]
    assert words[0] == "Length"
    below = words[-1 - len(labels) : -1]
    assert below == labels
    circles = list(root.iter("{http://www.w3.org/2000/svg}circle"))
    assert len(circles) == len(sweep.values)
    places = [float(it.get("cx", "nan")) for it in circles]
    assert places == sorted(places)
    assert all(0 < it < 380 for it in places)


def test_points_stand_as_high_as_their_figures() -> None:
    sweep = swept(PLAN.replace("[vary]", 'measures = ["perplexity"]\n[vary]'))
    some = [text(0, value, 0, "a", nats_t1=nats) for value, nats in enumerate((0.0, 2.302585, 9.0))]
    drawn = picture(sweep, figures_of(sweep, some), None)
    root = ElementTree.fromstring(drawn)
    heights = [float(it.get("cy", "nan")) for it in root.iter("{http://www.w3.org/2000/svg}circle")]
    assert heights == sorted(heights, reverse=True)
    # Perplexities of 1, 10 and 8103: the axis is logarithmic, from 1 to 10,000.
    assert (heights[0] - heights[1]) / (heights[0] - heights[2]) == pytest.approx(
        1 / 3.9086, abs=0.01
    )


def test_the_result_as_data() -> None:
    sweep = swept(PLAN.replace("[vary]", f"{CRITERION}").replace("2]", "inf]"))
    figures = figures_of(sweep, written(sweep, lambda *place: f"word {place}"))
    raw = summary(sweep, figures, recommendation(sweep, figures), MODEL, MADE)
    found = msgspec.json.decode(msgspec.json.encode(raw))
    assert found["values"][2] == {"value": "inf", "sampling": {"temperature": None}}
    assert found["values"][0] == {"value": 0.5, "sampling": {"temperature": 0.5}}
    assert found["texts"] == found["planned_texts"] == 12
    assert len(found["figures"]) == 3 * len(sweep.measures)
    assert set(found["figures"][0]) == {"temperature", "measure", "figure", "low", "high", "texts"}
    assert found["recommendation"]["value"] in (0.5, 1.0, "inf")
    assert found["model"]["hash"] == "sha256:0"
    row = msgspec.json.decode(msgspec.json.encode(text_row(sweep, figures.texts[0])))
    assert row["prompt"] == "1"
    assert row["temperature"] == 0.5
    assert row["perplexity"] == pytest.approx(4.0)
    assert row["token_ids"] == [0, 1, 2, 3]
