"""A `Colors` set as Qt understands it: a palette, and a small stylesheet for what palettes leave.

Widgets opt in by dynamic property. A ``QFrame`` with ``card=true`` is a part of the window, set
apart from others by space alone; with ``over=true`` too it lies over others, and has a box; with
``rule=true`` it is a thin line, as is the handle of such a ``QSplitter``; with ``notice=true`` it
holds a message, with ``toast=true`` one that goes by itself. A ``QPushButton`` with
``primary=true`` is the main action, with ``segment=true`` one of several of which one is checked,
with ``flat=true`` bare text; so is a flat ``QLineEdit``. A ``QTabBar`` with ``segment=true`` is a
switch, with ``documents=true`` that of the open documents. A ``QLabel`` has a ``role`` of
``heading``, ``muted`` or ``error``. Labels, buttons and line edits have a ``type`` of ``lead``,
``title`` or ``number`` where their letters are larger. A flat button with ``fold=true`` opens and
closes something, and says so by its sign; one with ``inline=true`` stands in a line of text. A
widget with ``ground=page`` lies on the page's surface, with ``ground=window`` on the window's.
"""

import re
from string import Template
from typing import get_args

from msgspec.structs import asdict
from PySide6.QtGui import QColor, QPalette

from studio.ui.theme.colors import Colors
from studio.ui.theme.type_scale import Role, role_style, zoom_factor

_STYLESHEET = Template("""
QFrame[card="true"] { background: transparent; border: none; }
QFrame[card="true"][over="true"] {
    background: $card; border: 1px solid $ghost; border-radius: 8px;
}
QFrame[notice="true"] { background: $hover; border-radius: 6px; }
QFrame[toast="true"] { background: $text; border-radius: 8px; }
QFrame[toast="true"] QLabel { color: $card; }
QFrame[rule="true"] { background: $card_border; border: none; }
QMainWindow QMenuBar { background: $window; color: $muted; padding: 3px 8px; }
QMenuBar::item { background: transparent; padding: 3px 8px; }
QMenuBar::item:selected { background: $hover; color: $text; }
QWidget[ground="page"] { background: $card; }
QWidget[ground="window"] { background: $window; }
QLabel[role="heading"] { color: $muted; font-weight: 600; }
QLabel[role="muted"] { color: $muted; }
QLabel[role="error"] { color: $error; }

QPushButton {
    color: $text; background: $card; border: 1px solid $card_border; border-radius: 6px;
    padding: 5px 10px; outline: none;
}
QPushButton:hover { background: $hover; }
QPushButton:pressed { background: $card_border; }
QPushButton:focus { border-color: $focus; }
QPushButton:disabled { color: $muted; background: transparent; }
QPushButton[primary="true"] {
    color: $on_accent; background: $accent_fill; border-color: $accent_fill; font-weight: 600;
}
QPushButton[primary="true"]:focus { border-color: $text; }
QPushButton[primary="true"]:disabled {
    color: $muted; background: $track; border-color: $track;
}
QPushButton[segment="true"] { color: $muted; }
QPushButton[segment="true"]:checked { color: $card; border-color: $text; background: $text; }
QPushButton[flat="true"], QToolButton {
    color: $text; background: transparent; border: 1px solid transparent; border-radius: 6px;
    padding: 3px 6px;
}
QPushButton[flat="true"][inline="true"] { padding: 1px 6px; }
QPushButton[flat="true"][flush="true"] { padding: 3px 6px 3px 4px; }
QPushButton[role="muted"] { color: $muted; }
QPushButton[flat="true"]:hover, QToolButton:hover { background: $hover; }
QPushButton[flat="true"]:checked { color: $text; background: $hover; }
QPushButton[flat="true"][fold="true"]:checked { color: $muted; background: transparent; }
QPushButton[flat="true"][fold="true"]:hover { background: $hover; }
QPushButton[flat="true"]:focus, QToolButton:focus { border-color: $focus; }
QPushButton[segment="true"]:focus { border-color: $focus; }
QPushButton[segment="true"]:checked:focus { border: 2px solid $focus; padding: 4px 9px; }
QPushButton[flat="true"]:disabled, QToolButton:disabled { color: $muted; }

QPushButton[opens="true"] {
    background: transparent; border-color: transparent; padding: 6px 26px 6px 10px;
}
QPushButton[opens="true"]:hover { background: $hover; }
QPushButton[opens="true"]:focus { border-color: $focus; }
QPushButton[opens="true"]::menu-indicator { image: none; width: 0px; }

QCheckBox { color: $text; spacing: 8px; padding: 3px 4px 3px 0px; }
QCheckBox:disabled { color: $muted; }
QCheckBox::indicator {
    background: $card; border: 1px solid $ghost; border-radius: 4px; width: 13px; height: 13px;
}
QCheckBox::indicator:hover { background: $hover; }
QCheckBox::indicator:checked { background: $text; border-color: $text; }
QCheckBox::indicator:disabled { background: $card; border-color: $ghost; }
QCheckBox::indicator:focus { border: 2px solid $focus; width: 11px; height: 11px; }

QComboBox {
    color: $text; background: $card; border: 1px solid $card_border; border-radius: 6px;
    padding: 5px 26px 5px 10px; combobox-popup: 0;
}
QComboBox::drop-down { border: none; width: 0px; }
QComboBox QAbstractItemView {
    color: $text; background: $card; border: 1px solid $card_border; outline: none; padding: 3px;
    selection-color: $text; selection-background-color: $selection;
}

QLineEdit {
    color: $text; background: $card; border: 1px solid $card_border; border-radius: 6px;
    padding: 3px 6px;
}
QLineEdit:focus { border-color: $focus; }
QLineEdit:disabled { color: $muted; background: $window; }
QLineEdit[invalid="true"] { border-color: $error; }
QLineEdit[flat="true"] {
    background: transparent; border-color: transparent; border-radius: 4px; padding: 0px 3px;
}
QLineEdit[flat="true"]:hover { border-color: $card_border; }
QLineEdit[flat="true"]:focus { border-color: $focus; }
QLineEdit[flat="true"][invalid="true"] { border-color: $error; }
QLineEdit[role="muted"] { color: $muted; }

QPlainTextEdit[field="true"] {
    color: $text; background: $card; border: 1px solid $card_border; border-radius: 6px;
    padding: 2px 3px;
}
QPlainTextEdit[field="true"]:focus { border-color: $focus; }

QTreeView::item { padding: 5px 6px; }
QHeaderView { background: transparent; border: none; }
QHeaderView::section:horizontal {
    color: $muted; background: transparent; border: none; border-bottom: 1px solid $card_border;
    padding: 4px 3px;
}

QTreeView QHeaderView::section:horizontal { padding: 4px 9px; }

QDialogButtonBox { dialogbuttonbox-buttons-have-icons: 0; }

QTabWidget::pane { border: none; }
QTabBar { qproperty-drawBase: 0; }
QTabBar::tab {
    color: $muted; background: transparent; border: none;
    border-bottom: 2px solid $card_border; padding: 6px 14px;
}
QTabBar::tab:hover { color: $text; }
QTabBar::tab:selected { color: $text; border-bottom-color: $text; }
QTabBar::tab:focus { color: $text; border-bottom-color: $focus; }
QTabBar[segment="true"]::tab {
    color: $muted; background: $card; border: 1px solid $card_border; padding: 5px 14px;
}
QTabBar[segment="true"]::tab:first {
    border-top-left-radius: 6px; border-bottom-left-radius: 6px; border-right: none;
}
QTabBar[segment="true"]::tab:last {
    border-top-right-radius: 6px; border-bottom-right-radius: 6px; border-left: none;
}
QTabBar[segment="true"]::tab:selected {
    color: $card; background: $text; border-color: $text;
}
QTabBar[segment="true"]::tab:focus { border: 1px solid $focus; }
QTabBar[documents="true"]::tab {
    border-bottom-color: transparent; padding: 5px 4px 5px 12px; max-width: 220px;
}
QTabBar[documents="true"]::tab:selected { border-bottom-color: $text; }
QTabBar[documents="true"]::tab:focus { border-bottom-color: $focus; }
QTabBar[documents="true"] QPushButton { padding: 0px 5px; border-radius: 4px; }

QToolTip {
    color: $text; background: $card; border: 1px solid $card_border; padding: 5px;
}
QScrollBar { background: transparent; border: none; }
QScrollBar:vertical { width: 12px; }
QScrollBar:horizontal { height: 12px; }
QScrollBar::handle { background: $ghost; border-radius: 3px; margin: 3px; }
QScrollBar::handle:vertical { min-height: 30px; }
QScrollBar::handle:horizontal { min-width: 30px; }
QScrollBar::handle:hover, QScrollBar::handle:pressed { background: $muted; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0px; height: 0px; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }

QSplitter::handle { background: transparent; image: none; }
QSplitter[rule="true"]::handle { background: $card_border; image: none; }
QStatusBar::item { border: none; }
""")


_LENGTH = re.compile(r"\b(\d+)px")
_TYPED = ("QLabel", "QPushButton", "QLineEdit")


def stylesheet(colors: Colors, zoom: int = 0) -> str:
    """The application's stylesheet in these colours, its lengths grown by steps of zoom.

    Args:
        colors: The colours in force.
        zoom: Steps from 100 %.
    """
    sheet = _STYLESHEET.substitute(asdict(colors))
    factor = zoom_factor(zoom)
    # Lines stay one or two pixels thin, and nothing gets narrower than it is at first.
    sheet = _LENGTH.sub(
        lambda found: (
            f"{max(int(found[1]), round(int(found[1]) * factor))}px"
            if int(found[1]) > 2
            else found[0]
        ),
        sheet,
    )
    for role in get_args(Role):
        kinds = ", ".join(f'{kind}[type="{role}"]' for kind in _TYPED)
        sheet += f"{kinds} {{ {role_style(role, zoom)} }}\n"
    return sheet


def palette(colors: Colors) -> QPalette:
    """The application's palette in these colours, for everything the stylesheet leaves alone."""
    roles = QPalette.ColorRole
    active = {
        roles.Window: colors.window,
        roles.WindowText: colors.text,
        roles.Base: colors.card,
        roles.AlternateBase: colors.hover,
        roles.Text: colors.text,
        roles.PlaceholderText: colors.muted,
        roles.Button: colors.card,
        roles.ButtonText: colors.text,
        roles.BrightText: colors.error,
        roles.ToolTipBase: colors.card,
        roles.ToolTipText: colors.text,
        roles.Highlight: colors.selection,
        roles.HighlightedText: colors.text,
        roles.Accent: colors.focus,
        roles.Link: colors.generated,
        roles.LinkVisited: colors.muted,
        # Fusion shades bevels with these; the border's own colour keeps its lines thin and quiet.
        roles.Light: colors.card,
        roles.Midlight: colors.hover,
        roles.Mid: colors.card_border,
        roles.Dark: colors.card_border,
        roles.Shadow: colors.card_border,
    }
    result = QPalette()
    for role, color in active.items():
        result.setColor(role, QColor(color))
    for role in (roles.WindowText, roles.Text, roles.ButtonText):
        result.setColor(QPalette.ColorGroup.Disabled, role, QColor(colors.muted))
    return result


def menu_palette(colors: Colors) -> QPalette:
    """The palette of menus: their frame and their empty boxes are lines that can be seen.

    Fusion draws both in the window's colour, and darkens it first.
    """
    result = palette(colors)
    result.setColor(QPalette.ColorRole.Window, QColor(colors.ghost).lighter(125))
    return result
