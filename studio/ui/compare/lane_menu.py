"""The menu of a lane: all that can be done with it but to use its text.

Binds a `CompareLane` to actions and keeps nothing of it.
"""

from collections.abc import Callable
from functools import partial

from PySide6.QtGui import QAction, QActionGroup, QGuiApplication
from PySide6.QtWidgets import QMenu, QWidget

from studio.app.compare.lane import DROP_BIASES, CompareLane
from studio.app.compare.state import CompareState
from studio.app.generation.sequence import SequencePhase
from studio.app.presets.favourites import PresetFavourites
from studio.presets import preset_words
from studio.translation import mark, tr
from studio.ui.widgets.actions import button_text, make_action
from studio.ui.widgets.tips import plain_tip
from studio.visible_text import visible_line

NO_PRESETS = mark("Keeping a lane's settings as a preset of your own comes with preset files.")


class LaneMenu(QMenu):
    """The menu.

    Attributes:
        run: Write a lane that was added, from the prompt of the others.
        go: Let the lane write on.
        again: Write it again with other random draws.
        stop: End it alone.
        drop: Take biases for another model out of it.
        copy: Its text to the clipboard.
        keep: Its settings as a preset.
        presets: Its presets, to choose from.
        remove: Take it out.

    Args:
        state: The comparison that it belongs to.
        lane: The lane.
        show_bars: Whether lanes show the bars of their last token.
        favourites: Which presets come first.
        parent: The Qt parent, if any.
    """

    def __init__(
        self,
        state: CompareState,
        lane: CompareLane,
        show_bars: QAction,
        favourites: PresetFavourites | None,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._state = state
        self._lane = lane
        self._favourites = favourites
        self._group: QActionGroup | None = None
        self.setToolTipsVisible(True)

        def act(text: str, slot: Callable[[], object]) -> QAction:
            action = make_action(self, text, slot)
            self.addAction(action)
            return action

        self.run = act(tr("&Run this lane"), lambda: state.go_on(lane))
        self.go = act(tr("&Go on"), lambda: state.go_on(lane))
        self.again = act(tr("&New random draws"), lambda: state.run_again(lane))
        self.stop = act(tr("&Stop this lane"), lambda: state.stop(lane))
        self.drop = act(f"&{tr(DROP_BIASES)}", lambda: state.biases.drop([lane]))
        self.addSeparator()
        self.copy = act(tr("&Copy text"), lambda: QGuiApplication.clipboard().setText(lane.text))
        self.keep = act(tr("&Make preset…"), lambda: state.make_preset(lane))
        self.presets = self.addMenu(tr("&Preset"))
        self.presets.setToolTipsVisible(True)
        self.presets.aboutToShow.connect(self.list_presets)
        self.addSeparator()
        self.addAction(show_bars)
        self.addSeparator()
        self.remove = act(tr("Re&move lane"), lambda: state.remove(lane))
        self.follow()

    def follow(self) -> None:
        """What can be done follows what the lane and the others do."""
        state, lane = self._state, self._lane
        more = tr(
            "Write up to %n tokens more", "", state.max_tokens, one="Write up to %n token more"
        )
        why_not = state.why_not_go_on(lane)
        _show(self.run, why_not, tr("Write this lane too, from the prompt that the others have"))
        _show(self.go, why_not, more)
        _show(
            self.again,
            state.why_not_again(lane),
            tr(
                "Write this lane again from the prompt with other random draws; the others stay as "
                "they are"
            ),
        )
        runs = lane.runs and lane.phase is not SequencePhase.STOPPING
        _show(self.stop, None if runs else tr("It does not run."), tr("End this lane alone"))
        foreign = state.biases.why_not(lane)
        _show(self.drop, None if foreign else tr("It has none for another model."), foreign)
        _show(self.copy, None if lane.written else tr(_NOT_YET), tr("The text of this lane"))
        can_keep = state.can_make_preset
        keep = tr("Keep this lane's settings as a preset of your own")
        _show(self.keep, None if can_keep else tr(NO_PRESETS), keep)
        few = tr("A comparison has two lanes at least.")
        _show(self.remove, None if state.can_remove else few, tr("Take this lane out"))

        if not self.isVisible():
            # While it is open nothing in it moves.
            self._choose_entries()

    def _choose_entries(self) -> None:
        is_new = self._lane.phase is SequencePhase.NEW
        self.run.setVisible(is_new)
        self.go.setVisible(not is_new)
        self.drop.setVisible(bool(self._state.biases.why_not(self._lane)))

    def list_presets(self) -> None:
        """Fill the list of presets: those with a star first."""
        preset_choice, menu = self._lane.preset_choice, self.presets
        menu.clear()
        if self._group is not None:
            self._group.deleteLater()
        group = self._group = QActionGroup(menu)
        has_star = self._favourites.has if self._favourites else lambda _name: False
        first = [preset for preset in preset_choice.presets if has_star(preset.name)]
        others = [preset for preset in preset_choice.presets if not has_star(preset.name)]
        for preset in (*first, *others):
            if others and preset is others[0]:
                menu.addSeparator()
            action = make_action(
                group,
                button_text(preset_words(preset.name)),
                partial(preset_choice.choose, preset),
                tip=plain_tip(visible_line(preset_words(preset.description)))
                or tr("A preset of your own"),
            )
            action.setCheckable(True)
            action.setChecked(preset.name == preset_choice.current.name)
            menu.addAction(action)


_NOT_YET = mark("This lane has written nothing yet.")


def _show(action: QAction, why_not: str | None, tip: str) -> None:
    tip = plain_tip(why_not or tip)
    # Of an entry that is not listed Qt says that it is disabled, whatever was set.
    action.setEnabled(not why_not)
    if action.toolTip() != tip:
        action.setToolTip(tip)
