"""A comparison as Markdown. Knows records and words; reads and writes no file."""

from __future__ import annotations

import re
from statistics import fmean

from studio.experiments import words
from studio.experiments.comparison import Comparison


def to_markdown(comparison: Comparison) -> str:
    """The page: what was asked, what each lane wrote with which settings, and where they part."""
    names = [words.lane_name(place, lane) for place, lane in enumerate(comparison.lanes)]
    lines = ["# Comparison", "", *_facts(comparison), "", "## Prompt", ""]
    for title, text in (
        ("System message", comparison.prompt.system if comparison.prompt.format == "chat" else ""),
        ("Brief", comparison.prompt.brief),
        ("Manuscript", comparison.prompt.manuscript),
    ):
        if text:
            lines += [f"{title}:", "", *_fenced(text), ""]
    lines += ["## Lanes", "", "| lane | temperature | other settings | seed | tokens | entropy |"]
    lines.append("| --- | --- | --- | ---: | ---: | ---: |")
    for name, lane in zip(names, comparison.lanes, strict=True):
        mean = f"{fmean(lane.entropies):.2f} bits" if lane.tokens else ""
        settings = words.other_settings(lane.params) or "none"
        cells = (name, words.temperature(lane), settings, lane.seed, len(lane.tokens), mean)
        lines.append("| " + " | ".join(_cell(str(cell)) for cell in cells) + " |")
    for place, (name, lane, parting) in enumerate(
        zip(names, comparison.lanes, words.partings(comparison), strict=True)
    ):
        lines += ["", f"### {_escaped(name)}: {words.temperature(lane)}", "", *_fenced(lane.text)]
        lines += ["", f"Ended: {words.reason(lane)}."]
        if parting:
            lines += ["", _escaped(words.told_parting(parting, names[place - 1]))]
        elif place:
            lines += ["", f"The same as {_escaped(names[place - 1])}, as far as both go."]
    return "\n".join(lines) + "\n"


def _facts(comparison: Comparison) -> list[str]:
    model = comparison.model
    facts = [
        f"- Model: {_escaped(model.name)}"
        + (f", {_escaped(model.quantization)}" if model.quantization else "")
        + (f" ({_escaped(model.file)})" if model.file else ""),
        f"- Prompt: {comparison.prompt_tokens:,} tokens, {comparison.prompt.format} format",
        "- Dice: the same in every lane" if comparison.same_dice else "- Dice: each lane its own",
    ]
    if model.hash:
        facts.insert(1, f"- Fingerprint: `{model.hash}`")
    if comparison.tokens_per_second:
        facts.append(f"- Speed: {comparison.tokens_per_second:.0f} tokens/s, all lanes together")
    if comparison.made:
        facts.append(f"- Made: {comparison.made}")
    return facts


def _fenced(text: str) -> list[str]:
    """Text as it is: the fence is longer than any in it."""
    ticks = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, ticks + 1)
    return [f"{fence}text", text, fence]


def _escaped(text: str) -> str:
    return re.sub(r"([\\`*_{}\[\]<>#|])", r"\\\1", text)


def _cell(text: str) -> str:
    return _escaped(text).replace("\n", " ")
