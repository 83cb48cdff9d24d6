"""What is done to the paragraphs that are selected: sent to the model always, or never."""

from functools import partial

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from studio.app.writing.draft import Draft
from studio.app.writing.plan_edits import PlanEdits
from studio.translation import tr
from studio.ui.widgets.actions import make_action


def make_passage_actions(window: QWidget, draft: Draft, edits: PlanEdits) -> list[QAction]:
    """The two actions. Ticked, they are so already, and are taken back.

    Args:
        window: Owns them.
        draft: Whose caret and selection it is.
        edits: Changes what is sent.
    """
    found = list[QAction]()

    def place() -> tuple[int, int]:
        return draft.caret - draft.selected, draft.caret

    def follow() -> None:
        if not (edits.plan.passages or any(action.isChecked() for action in found)):
            return  # at each key
        kind = edits.passage_kind(*place())
        for action, is_pinned in zip(found, (True, False), strict=True):
            action.setChecked(kind is is_pinned)

    def turn(is_pinned: bool) -> None:
        edits.turn_passage(*place(), is_pinned=is_pinned)
        follow()

    for text, tip, is_pinned in (
        (
            tr("Pin &for the model"),
            tr("Send these paragraphs always, even where the text before the caret is cut"),
            True,
        ),
        (
            tr("Lea&ve out for the model"),
            tr("Do not send these paragraphs; they stay in the text"),
            False,
        ),
    ):
        action = make_action(window, text, partial(turn, is_pinned), tip=tip)
        action.setCheckable(True)
        found.append(action)
    for moved in (edits.changed, draft.prompt_changed, draft.selection_changed):
        moved.connect(follow)
    return found
