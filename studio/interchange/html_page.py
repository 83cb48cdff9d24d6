"""A manuscript as one page that needs nothing else: no script, no file, no network."""

from __future__ import annotations

from studio.interchange.publication import GENERATED_INK, QUIET_INK, Block, Kind, Publication, Run
from studio.interchange.xml_text import xml_text
from studio.progress import At
from studio.translation import tr

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"

_STYLE = f"""
:root {{ color-scheme: light dark; --page: #fffefb; --text: #22211f; --quiet: #{QUIET_INK};
  --generated: #{GENERATED_INK}; }}
@media screen and (prefers-color-scheme: dark) {{ :root {{ --page: #1d1f22; --text: #e9e6e1;
  --quiet: #98958f; --generated: #a8c7de; }} }}
body {{ margin: 0 auto; max-width: 34em; padding: 3em 1.5em 5em; background: var(--page);
  color: var(--text); font: 18px/1.6 "Noto Serif", Georgia, "Times New Roman", serif;
  overflow-wrap: break-word; }}
header {{ text-align: center; margin: 0 0 4em; }}
header h1 {{ font-size: 1.8em; margin: 0 0 0.3em; }}
h1, h2, h3, h4, h5, h6 {{ line-height: 1.3; margin: 2.2em 0 0.8em; break-after: avoid; }}
h1 {{ font-size: 1.5em; }} h2 {{ font-size: 1.25em; }} h3, h4, h5, h6 {{ font-size: 1.05em; }}
p {{ margin: 0; text-indent: 1.5em; orphans: 2; widows: 2; }}
p.first, header p, footer p {{ text-indent: 0; }}
p.gap {{ margin-top: 1.6em; }}
hr {{ border: 0; margin: 1.6em 0; text-align: center; }}
hr::before {{ content: "*\\2003*\\2003*"; }}
.generated {{ color: var(--generated); }}
footer {{ margin-top: 4em; color: var(--quiet); font-size: 0.8em; }}
footer p + p {{ margin-top: 0.6em; }}
@media print {{ body {{ max-width: none; padding: 0; font-size: 11pt; }} }}
"""


def to_html(publication: Publication, at: At = lambda _share: None) -> bytes:
    """The page.

    Args:
        publication: What is exported.
        at: Is given the share done; may raise to give up.
    """
    title, author = xml_text(publication.title), xml_text(publication.author)
    meta = f'<meta name="author" content="{author}">\n' if author else ""
    head = ""
    if title or author:
        lines = f'<h1 class="title">{title}</h1>\n' if title else ""
        lines += f'<p class="author">{author}</p>\n' if author else ""
        head = f"<header>\n{lines}</header>\n"
    foot = ""
    if publication.closing:
        lines = "".join(f"<p>{xml_text(words)}</p>\n" for words in publication.closing)
        foot = f"<footer>\n{lines}</footer>\n"
    body = "".join(html_block(block) for block in publication.each(at))
    page = (
        '<!DOCTYPE html>\n<html>\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n{meta}'
        f"<title>{title or author or xml_text(tr('Manuscript'))}</title>\n"
        f"<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n{head}<main>\n{body}</main>\n{foot}</body>\n</html>\n"
    )
    return page.encode("utf-8", "replace")


def html_block(block: Block) -> str:
    """A block in what is HTML and XML at once, with a line end behind it."""
    match block.kind:
        case Kind.BREAK:
            return "<hr />\n"
        case Kind.HEADING:
            words = html_runs(block.runs)
            return f"<h{block.level}{_direction(block)}>{words}</h{block.level}>\n"
        case Kind.PARAGRAPH:
            names = [name for name, is_so in _classes(block) if is_so]
            named = f' class="{" ".join(names)}"' if names else ""
            return f"<p{named}{_direction(block)}>{html_runs(block.runs)}</p>\n"


def html_runs(runs: tuple[Run, ...]) -> str:
    """Words with what they look like, in what is HTML and XML at once."""
    return "".join(map(_run, runs))


def _classes(block: Block) -> tuple[tuple[str, bool], ...]:
    return ("first", block.is_first), ("gap", block.has_gap)


def _direction(block: Block) -> str:
    return ' dir="rtl"' if block.is_from_right else ""


def _run(run: Run) -> str:
    text = xml_text(run.text)
    if "\n" in text:
        text = text.replace("\n", "<br />")
    if run.is_italic:
        text = f"<em>{text}</em>"
    if run.is_bold:
        text = f"<strong>{text}</strong>"
    return f'<span class="generated">{text}</span>' if run.is_generated else text
