"""What all pages are that need nothing else: no script, no file, no network, in our colours.

They follow the reader's light or dark setting.
"""

from __future__ import annotations

from html import escape

from studio.experiments.page_colors import DARK, LIGHT, PageColors
from studio.translation import tr

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
"""No script and no network, whatever stands in the page."""

_STYLE = """
:root { color-scheme: light dark; %(light)s }
@media screen and (prefers-color-scheme: dark) { :root { %(dark)s } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1500px; padding: 24px; background: var(--page);
  color: var(--text); font: 15px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 22px; margin: 0 0 4px; } h2 { font-size: 16px; margin: 28px 0 8px; }
h3 { font-size: 15px; margin: 0; } p { margin: 6px 0; }
.quiet { color: var(--quiet); font-size: 13px; }
.card { background: var(--card); border: 1px solid var(--edge); border-radius: 6px;
  padding: 14px 16px; }
.text { white-space: pre-wrap; font: 16px/1.6 Georgia, serif;
  margin: 10px 0; }
.prompt { max-height: 320px; overflow: auto; }
.lanes { display: grid; gap: 12px; grid-template-columns: repeat(auto-fit, minmax(280px, 1fr)); }
.lane { border-top: 3px solid currentColor; } .lane > * { color: var(--text); }
.lane > .quiet { color: var(--quiet); } .lane h3 { color: inherit; }
.lane > p { font-size: 14px; } .lane > .quiet { font-size: 13px; }
.text span:hover { background: var(--edge); }
.parting { background: var(--mark); border-radius: 3px; }
.end { color: var(--quiet); font-size: 75%%; padding: 0 2px; }
svg { width: 100%%; max-width: 1100px; height: auto; display: block; margin: 0 auto; }
svg text { fill: var(--quiet); font-size: 9px; } svg .grid { stroke: var(--edge); }
polyline { fill: none; stroke-width: 1.6; stroke-linejoin: round;
  vector-effect: non-scaling-stroke; }
@media (max-width: 600px) { body { padding: 12px; } svg text { font-size: 19px; } }
.legend { display: flex; flex-wrap: wrap; gap: 4px 18px; font-size: 13px; }
.legend span::before { content: ""; display: inline-block; width: 14px; height: 3px;
  margin-right: 6px; vertical-align: middle; background: currentColor; }
.legend b { color: var(--text); font-weight: normal; }
.charts { display: grid; gap: 12px; grid-template-columns: repeat(auto-fit, minmax(340px, 1fr)); }
.charts svg text { font-size: 10px; } .charts .chosen { fill: var(--mark); }
.charts .one { stroke: var(--quiet); stroke-opacity: 0.45; stroke-width: 1; }
.charts .all, .charts .bar { stroke: var(--lane-0); } .charts .dot { fill: var(--lane-0); }
.scroll { overflow-x: auto; } table { border-collapse: collapse; font-size: 13px; }
th, td { padding: 3px 14px 3px 0; text-align: right; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; } th { font-weight: 600; }
td.quiet { color: var(--quiet); } tr.chosen { background: var(--mark); }
pre { margin: 0; overflow-x: auto; font: 13px/1.5 monospace; } summary { cursor: pointer; }
@media print { :root { --page: #ffffff; } body { padding: 0; } .card { break-inside: avoid; }
  h2 { break-after: avoid; } .prompt { max-height: none; } .hint { display: none; } }
%(lanes)s
"""


def page(title: str, heading: str, body: str) -> str:
    """Return a whole page.

    Args:
        title: What its tab is called.
        heading: What stands above all.
        body: The rest, as HTML.
    """
    language = escape(tr("en", "the code that HTML has for this language"))
    return (
        f'<!DOCTYPE html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        f"<title>{escape(title)}</title>\n"
        f"<style>{_style()}</style>\n</head>\n<body>\n<h1>{escape(heading)}</h1>\n"
        f"{body}</body>\n</html>\n"
    )


def _style() -> str:
    return _STYLE % {
        "light": _variables(LIGHT),
        "dark": _variables(DARK),
        "lanes": "\n".join(
            f".lane-{n} {{ color: var(--lane-{n}); }} polyline.lane-{n} {{ stroke: "
            f"var(--lane-{n}); }} circle.lane-{n} {{ fill: var(--lane-{n}); }}"
            for n in range(len(LIGHT.lanes))
        ),
    }


def _variables(colors: PageColors) -> str:
    named = [f"--{name}: {getattr(colors, name)};" for name in PageColors._fields[:-1]]
    return " ".join([*named, *(f"--lane-{n}: {color};" for n, color in enumerate(colors.lanes))])
