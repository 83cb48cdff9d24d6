"""What a writer does with lanes: runs, turns, uses, keeps and brings them back."""

from random import Random

from PySide6.QtWidgets import QWidget

from tests.soak.hand import ALT, NONE, Hand, Key, Pauses


def _to_lanes(hand: Hand) -> Pauses:
    if not hand.window.compare.is_shown:
        hand.shortcut(Key.Key_2)
        yield 50


def run_lanes(hand: Hand, chances: Random) -> Pauses:
    """All lanes, some while or to their end."""
    yield from _to_lanes(hand)
    hand.window.session.compare.set_max_tokens(chances.choice((4, 16, 64, 200)))
    hand.shortcut(Key.Key_Return)
    yield chances.choice((100, 1000, 3000))
    if chances.random() < 0.4:
        hand.shortcut(Key.Key_Escape, NONE)


def change_lanes(hand: Hand, chances: Random) -> Pauses:
    """More lanes or fewer, or one of them hotter."""
    yield from _to_lanes(hand)
    page = hand.window.compare.page
    if page is None:
        return
    columns = list(page.columns)
    column = columns[int(chances.random() * len(columns))]
    what = chances.choice(("turn", "menu", "bar", "strip"))
    hand.note(what)
    widget: QWidget = {
        "turn": column.head.slider,
        "menu": column.more,
        "bar": page.bar,
        "strip": column.strip,
    }[what]
    if not widget.isVisible():
        return
    if what == "turn":
        hand.wheel(widget, widget.rect().center(), chances.choice((-2, -1, 1, 2)))
    else:
        hand.click(widget, None if what == "menu" else hand.a_point(widget, chances))
    yield 100


def use_lane(hand: Hand, chances: Random) -> Pauses:
    """A lane's text goes into the manuscript."""
    yield from _to_lanes(hand)
    page = hand.window.compare.page
    if page is not None:
        columns = list(page.columns)
        hand.click(columns[int(chances.random() * len(columns))].use)
    yield 100


def step_runs(hand: Hand, chances: Random) -> Pauses:
    """An earlier run, or a later one."""
    yield from _to_lanes(hand)
    for _ in range(chances.randrange(1, 5)):
        hand.shortcut(chances.choice((Key.Key_Left, Key.Key_Left, Key.Key_Right)), ALT)
        yield 50


def keep_comparison(hand: Hand, chances: Random) -> Pauses:
    """A comparison is saved, exported, opened, or all others are forgotten."""
    yield from _to_lanes(hand)
    actions = hand.window.compare.actions
    action = chances.choice(
        (
            actions.save_file,
            actions.save_file,
            actions.open_file,
            actions.export_markdown,
            actions.export_html,
            actions.forget,
            actions.show_parting,
            actions.show_bars,
        )
    )
    hand.note(action.text())
    action.trigger()
    yield 50
