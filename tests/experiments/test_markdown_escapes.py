"""Exported Markdown as a reader renders it: what the program did not write does nothing there."""

import msgspec
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from studio.engine.messages import Prompt
from studio.experiments.comparison import Comparison, LaneRecord
from studio.experiments.markdown import to_markdown
from studio.model_record import ModelRecord
from studio.sampling import SamplingParams, WordBias
from studio.token_record import TokenRecord
from studio.visible_text import visible_line

READER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])

ACTING = [
    "<img src=x onerror=alert(1)>", "</details><script>", "<!--", "&amp;", "&#60;",
    "[a](javascript:b)", "![a](http://x/y.png)", "[x]: http://y", "<http://a.b>", "http://a.b",
    "www.a.b", "a@b.c", "*a*", "__a__", "~~a~~", "`a`", "``", "```\n```", "~~~\n", "# a",
    "a\n===", "a\n---", "- a", "1. a", "> a", "    code", "\ta", "a  \nb", "a\\\nb", "\\", "|",
    "\\|", "| a |\n| - |", "a\n\nb", "\r", "\r\n## a", "\x1b]0;a\x07", "\u202e", "\u2028",
    "{{ a }}", "$a$", "$$", "@everyone", ":+1:", "^a^", "\x0b\x0c",
]  # fmt: skip

texts = st.lists(st.sampled_from(ACTING) | st.text(max_size=12), max_size=6).map("".join)


def page_of(
    name: str, model: str, prompt: str, made: str, kept_hash: str, text: str, stop: str
) -> Comparison:
    def lane(first: int, written: str, reason: str) -> LaneRecord:
        token = TokenRecord(
            id=first,
            text=written.encode("utf-8", "replace"),
            probability=0.5,
            rank=0,
            entropy=1.0,
            u=0.5,
        )
        lane = LaneRecord(
            params=SamplingParams(
                dry_multiplier=0.8,
                dry_sequence_breakers=(stop,),
                word_biases=(WordBias(stop, 1.0),),
            ),
            seed=7,
            tokens=(token,),
            name=name,
        )
        return msgspec.structs.replace(lane, reason=reason)

    return Comparison(
        made=made,
        model=ModelRecord(name=model, file=model, quantization=model, hash=kept_hash),
        prompt=Prompt(manuscript=prompt, brief=prompt, system=prompt, format="chat"),
        max_tokens=3,
        lanes=(
            lane(1, text, "max_tokens"),
            lane(2, f"{text}!", "end_of_text"),
            lane(3, text, "stopped"),
        ),
    )


def rendered(page: str) -> list[Token]:
    return READER.parse(page)


def kinds(tokens: list[Token]) -> list[str]:
    """The page's elements, those within a line too."""
    found = []
    for token in tokens:
        found.append(f"{token.type} {token.tag}")
        found += [f"  {child.type}" for child in _whole(token.children or [])]
    return found


def _whole(children: list[Token]) -> list[Token]:
    """The parts of a line, without the seams between its letters and its escapes."""
    return [child for child in children if child.type not in ("text", "text_special")]


def lines(tokens: list[Token]) -> list[str]:
    """What the lines say, as they are read."""
    return [
        "".join(child.content for child in token.children or [])
        for token in tokens
        if token.type == "inline"
    ]


BENIGN = kinds(rendered(to_markdown(page_of("n", "m", "p", "d", "h", "t", "s"))))


@given(texts, texts, texts, texts, texts, texts)
@example("n", "m", "p", "d", "`h`", "t")
@example("# a\n- b", "[x](y)", "```", "<b>", "</p>", "~~~\n```")
def test_nothing_that_others_wrote_acts(
    name: str, model: str, prompt: str, made: str, kept_hash: str, text: str
) -> None:
    # What is left out where it is empty would be another page.
    comparison = page_of(
        f"n{name}", f"m{model}", f"p{prompt}", f"d{made}", f"h{kept_hash}", f"t{text}", "s"
    )
    tokens = rendered(to_markdown(comparison))
    assert kinds(tokens) == BENIGN
    said = lines(tokens)
    shown_name, shown_model = visible_line(f"n{name}"), visible_line(f"m{model}")
    assert f"Model: {shown_model}, {shown_model} ({shown_model})" in said
    assert f"Fingerprint: {visible_line(f'h{kept_hash}')}".rstrip() in said
    assert f"Made: {visible_line(f'd{made}')}".rstrip() in said
    assert f"Lane 1 · {shown_name}: T 1" in said
    # Texts are as they are, in fences.
    fences = [token.content for token in tokens if token.type == "fence"]
    assert fences[:3] == [_read(comparison.prompt.manuscript)] * 3
    assert fences[3] == _read(comparison.lanes[0].text)


def _read(text: str) -> str:
    """A text as a reader of Markdown has it: line ends are one, a null is a sign."""
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd") + "\n"


@given(st.sampled_from(ACTING))
def test_a_setting_that_is_a_text_does_nothing_either(stop: str) -> None:
    comparison = page_of("n", "m", "p", "d", "h", "t", stop[:10])
    assert kinds(rendered(to_markdown(comparison))) == BENIGN


def test_a_link_without_signs_is_broken() -> None:
    page = to_markdown(page_of("http://a.b www.a.b a@b.c", "m", "p", "d", "h", "t", "s"))
    assert "http\\://a.b www\\.a.b a\\@b.c" in page
