"""A comparison as Markdown."""

from __future__ import annotations

import re
from collections.abc import Sequence
from statistics import fmean

from studio.experiments import words
from studio.experiments.comparison import Comparison, LaneRecord
from studio.experiments.words import NamedLane
from studio.translation import tr
from studio.visible_text import LONGEST_LINE, visible_line

_ACTS = re.compile(r"([\\`*_{}\[\]<>#|&~!@$])")
"""What marks up a part of a line, a cell or an entity; GitHub's mathematics and mentions too."""
_LINKS = re.compile(r"(?:https?|ftp|mailto|xmpp):|www\.", re.IGNORECASE)
"""What is taken for a link without any sign around it."""
_LONGEST_SENTENCE = 2_000
"""Characters of what has several words of others in it."""


def to_markdown(comparison: Comparison) -> str:
    """The page: what was asked, what each lane wrote with which settings, and where they part."""
    named = words.results(comparison)
    heading, prompt, short_heading = tr("Comparison"), tr("Prompt"), tr("Stopped before the end")
    lines = [f"# {heading}", "", *_facts(comparison), "", f"## {prompt}", ""]
    for title, text in words.prompt_parts(comparison.prompt):
        lines += [f"{title}:", "", *_fenced(text), ""]
    if named:
        lines += [*_table(named), *_texts(named)]
    short = words.cut_short(comparison)
    if short:
        lines += ["", f"## {short_heading}"]
        for lane, name, _ in short:
            lines += _head_and_text(lane, name)
            then = tr(
                "%n tokens, then {why}.",
                "",
                len(lane.tokens),
                one="%n token, then {why}.",
                why=words.reason(lane),
            )
            lines += ["", then]
    for sentence in words.without_text(comparison):
        lines += ["", _escaped(sentence, _LONGEST_SENTENCE)]
    return "\n".join(lines).rstrip("\n") + "\n"


def _table(named: Sequence[NamedLane]) -> list[str]:
    head = (
        *(tr("lane"), tr("temperature"), tr("other settings"), tr("seed"), tr("tokens")),
        tr("entropy"),
    )
    heading = tr("Lanes")
    lines = [f"## {heading}", "", f"| {' | '.join(head)} |"]
    lines.append("| --- | --- | --- | ---: | ---: | ---: |")
    for lane, name, _ in named:
        mean = tr("{bits:.2f} bits", bits=fmean(lane.entropies))
        settings = words.settings(lane) or tr("none")
        seed = words.seed(lane) or tr("none")
        cells = (name, words.temperature(lane), settings, seed, len(lane.tokens), mean)
        lines.append("| " + " | ".join(_cell(str(cell)) for cell in cells) + " |")
    return lines


def _texts(named: Sequence[NamedLane]) -> list[str]:
    lines: list[str] = []
    partings = words.partings([lane for lane, *_ in named])
    for place, ((lane, name, _), parting) in enumerate(zip(named, partings, strict=True)):
        lines += _head_and_text(lane, name)
        lines += ["", tr("Ended: {why}.", why=words.reason(lane))]
        if parting:
            lines += [
                "",
                _escaped(words.parting_sentence(parting, named[place - 1].name), _LONGEST_SENTENCE),
            ]
        elif place:
            lines += ["", words.same_as(_escaped(named[place - 1].name))]
    return lines


def _head_and_text(lane: LaneRecord, name: str) -> list[str]:
    return ["", f"### {_escaped(name)}: {words.temperature(lane)}", "", *_fenced(lane.text)]


def _facts(comparison: Comparison) -> list[str]:
    model = comparison.model
    named = _escaped(model.name)
    if model.quantization:
        named += f", {_escaped(model.quantization)}"
    if model.file:
        named += f" ({_escaped(model.file)})"
    facts = [tr("Model: {name}", name=named)]
    if model.hash:
        facts.append(tr("Fingerprint: {hash}", hash=_escaped(model.hash)))
    facts.append(
        tr(
            "Prompt: %n tokens, {form} format",
            "",
            comparison.prompt_tokens,
            one="Prompt: %n token, {form} format",
            form=comparison.prompt.format,
        )
    )
    if len(words.results(comparison)) > 1:
        is_shared = comparison.share_u
        facts.append(
            tr("Random draws: the same in every lane")
            if is_shared
            else tr("Random draws: each lane its own")
        )
    if comparison.tokens_per_second:
        speed = comparison.tokens_per_second
        facts.append(tr("Speed: {speed:.0f} tokens/s, all lanes together", speed=speed))
    if comparison.made:
        facts.append(tr("Made: {when}", when=_escaped(comparison.made)))
    return [f"- {fact}" for fact in facts]


def _fenced(text: str) -> list[str]:
    """Text as it is: the fence is longer than any in it, and a line ends in one way."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    ticks = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, ticks + 1)
    return [f"{fence}text", text, fence]


def _escaped(text: str, longest: int = LONGEST_LINE) -> str:
    """Words that the program did not write, in one line in which no sign of theirs acts.

    No line begins with them: what acts at a line's beginning alone needs no escape.
    """
    line = _ACTS.sub(r"\\\1", visible_line(text, longest))
    return _LINKS.sub(lambda match: f"{match[0][:-1]}\\{match[0][-1]}", line)


def _cell(text: str) -> str:
    return _escaped(text, _LONGEST_SENTENCE)
