"""How the model is loaded, and what of the machine it really uses."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QIcon, QShowEvent
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QVBoxLayout,
    QWidget,
)

from studio.app.model.devices import DeviceChoice
from studio.app.model.names import attention_words, byte_size, layer_words, model_title
from studio.engine.messages import (
    MOST_PROMPT_CACHE,
    SMALLEST_CONTEXT,
    FlashAttention,
    LoadOptions,
    ModelReport,
)
from studio.translation import mark, tr
from studio.ui.model.devices_box import DevicesBox
from studio.ui.model.facts_form import facts_form
from studio.ui.theme.controls import CheckBox, ComboBox, SpinBox
from studio.ui.theme.spacing import set_spacing
from studio.ui.theme.theme import Theme
from studio.ui.theme.type_scale import grown
from studio.ui.widgets.labels import PlainLabel
from studio.ui.widgets.page_scroll import PageScroll
from studio.ui.widgets.screen_room import size_on_screen
from studio.visible_text import visible_name

_AUTOMATIC = mark("automatic")
_ATTENTION: dict[FlashAttention, str] = {
    "auto": _AUTOMATIC,
    "on": mark("always"),
    "off": mark("never"),
}
_GIB = 1024
"""MiB."""
_WIDTH = 660
"""Pixels, at a zoom of 100 %."""
_BAR = 40
"""Pixels for margins and a bar that scrolls."""


class ModelOptionsDialog(QDialog):
    """Asks for `LoadOptions`; the report of the open model stands above.

    Attributes:
        devices: What computes the layers.

    Args:
        options: What is in force.
        report: What the open model says of itself; None where none is.
        theme: Where the colours come from.
        parent: The Qt parent, if any.
        path: The model's file, whose layers are shared out; empty for none.
    """

    def __init__(
        self,
        options: LoadOptions,
        report: ModelReport | None,
        theme: Theme,
        parent: QWidget | None = None,
        path: str = "",
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Model options"))
        # Names of processors and a warning in whole sentences stand in it.
        self.setMinimumWidth(round(_WIDTH * grown(self.font())))
        self.devices = DeviceChoice(options, report, path, self)
        self._device_list = DevicesBox(self.devices, theme)
        self._context_size = _spin_box(
            theme,
            0,
            1_048_576,
            options.context_size,
            tr(
                "How many tokens of brief and manuscript the model holds in view. More takes more "
                "memory. Automatic: the model's own, at most 4,096."
            ),
            step=1024,
        )
        self._threads = _spin_box(
            theme,
            0,
            256,
            options.threads,
            tr("Threads that compute. Automatic: one a processor core."),
        )
        self._memory_map = CheckBox(tr("Map the file into memory"), theme)
        self._memory_map.setChecked(options.memory_map)
        self._memory_map.setToolTip(
            tr(
                "The system reads the file as it is needed and shares it between programs. Off: "
                "a copy is read, which starts slower and holds if the file is on a drive that "
                "may go away."
            )
        )
        self._prompt_cache = _spin_box(
            theme,
            0,
            MOST_PROMPT_CACHE // _GIB,
            -(-options.prompt_cache_mib // _GIB),
            tr(
                "Disk for what the model has read of your texts, so that a long one need not be "
                "read again at the next start or in another tab. It holds their words, and only "
                "you can open it. What was not of use for longest goes first. Nothing: what is "
                "there is deleted."
            ),
        )
        self._prompt_cache.setSpecialValueText(tr("nothing"))
        self._prompt_cache.setSuffix(tr(" GB"))
        self._flash_attention = ComboBox(theme)
        for choice, words in _ATTENTION.items():
            self._flash_attention.addItem(tr(words), choice)
        self._flash_attention.setCurrentIndex(list(_ATTENTION).index(options.flash_attention))
        self._flash_attention.setToolTip(
            tr(
                "Two ways to compute the same. Which is quicker depends on processor and model. "
                "Automatic: both are timed once, when the model has nothing to do, and the next "
                "load has the quicker one. With the same seed the one may draw another word than "
                "the other where two are as likely."
            )
        )
        form = QFormLayout()
        for name, field in (
            (tr("Context size"), self._context_size),
            (tr("Threads"), self._threads),
            (tr("Flash attention"), self._flash_attention),
            (tr("Kept on the disk"), self._prompt_cache),
        ):
            field.setAccessibleName(name)
            form.addRow(name, field)
        form.addRow("", self._memory_map)

        self._page = QWidget()
        column = QVBoxLayout(self._page)
        column.setContentsMargins(0, 0, 0, 0)
        set_spacing(column, 14)
        if report:
            column.addLayout(_report_form(report))
        heading = PlainLabel(tr("Devices"))
        heading.setProperty("role", "heading")
        column.addWidget(heading)
        column.addWidget(self._device_list)
        column.addLayout(form)
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        load = buttons.button(QDialogButtonBox.StandardButton.Ok)
        load.setText(tr("Load with these"))
        load.setToolTip(tr("Load the model again with these options, and later ones too"))
        cancel = buttons.button(QDialogButtonBox.StandardButton.Cancel)
        cancel.setToolTip(tr("Leave everything as it is"))
        for button in (load, cancel):
            button.setIcon(QIcon())
        buttons.accepted.connect(self._accept)
        buttons.rejected.connect(self.reject)
        whole = QVBoxLayout(self)
        set_spacing(whole, 14)
        self._scroll = PageScroll(self._page)
        whole.addWidget(self._scroll, 1)
        whole.addWidget(buttons)
        # Rows have come or gone by then, and are laid out in a turn of their own.
        self.devices.changed.connect(self._fit, Qt.ConnectionType.QueuedConnection)

    def showEvent(self, event: QShowEvent) -> None:
        """Be as high as all of it is, where the screen has that room."""
        self._fit()
        super().showEvent(event)

    def _fit(self) -> None:
        layout, page = self.layout(), self._page.layout()
        if layout is None or page is None:
            return
        page.activate()
        margins = layout.contentsMargins()
        width = max(self.minimumWidth(), self.width(), page.minimumSize().width() + _BAR)
        inner = width - margins.left() - margins.right()
        beside = layout.sizeHint().height() - self._scroll.sizeHint().height()
        height = size_on_screen(self, width, page.totalHeightForWidth(inner) + beside).height()
        if width > self.width() or height > self.height() or not self.isVisible():
            self.resize(max(width, self.width()), max(height, self.height()))

    @property
    def options(self) -> LoadOptions:
        """What was chosen."""
        context_size = self._context_size.value()
        options = LoadOptions(
            # Between automatic and the smallest there is nothing.
            context_size=context_size and max(context_size, SMALLEST_CONTEXT),
            threads=self._threads.value(),
            memory_map=self._memory_map.isChecked(),
            prompt_cache_mib=self._prompt_cache.value() * _GIB,
            flash_attention=list(_ATTENTION)[self._flash_attention.currentIndex()],
        )
        return self.devices.applied(options)

    def _accept(self) -> None:
        if self._device_list.confirmed():
            self.accept()


def _spin_box(theme: Theme, low: int, high: int, value: int, tip: str, step: int = 1) -> SpinBox:
    box = SpinBox(theme)
    box.setRange(low, high)
    box.setSingleStep(step)
    # The lowest value is shown as a word: "automatic" is not a number.
    box.setSpecialValueText(tr(_AUTOMATIC))
    box.setGroupSeparatorShown(True)
    box.setValue(value)
    box.setToolTip(tip)
    box.setMinimumWidth(round(140 * grown(box.font())))
    return box


def _report_form(report: ModelReport) -> QFormLayout:
    sizes = {"memory": byte_size(report.memory_bytes), "file": byte_size(report.file_bytes)}
    facts = {
        tr("Architecture"): tr(
            "{architecture}, {parameters:,.0f} million parameters, vocabulary {vocabulary_size:,}",
            architecture=visible_name(report.architecture),
            parameters=report.parameters / 1e6,
            vocabulary_size=report.vocabulary_size,
        ),
        tr("Computed by"): layer_words(report)
        or f"{visible_name(report.backend)}: {visible_name(report.device)}",
        tr("Layers"): f"{report.layers}",
        tr("Threads"): f"{report.threads}",
        tr("Context"): tr(
            "{size:,} tokens; trained with {trained:,}",
            size=report.context_size,
            trained=report.context_train,
        ),
        tr("Memory"): tr("{memory}, file mapped ({file})", **sizes)
        if report.memory_mapped
        else tr("{memory}, file read ({file})", **sizes),
        tr("Attention"): attention_words(report),
        tr("Loaded in"): tr("{time:.1f} s", time=report.seconds),
    }
    return facts_form(model_title(report), facts)
