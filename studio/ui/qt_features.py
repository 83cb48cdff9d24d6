"""Qt for Python's switch for other spellings of Qt's names, off: nobody here uses it."""

import PySide6.QtCore  # noqa: F401 - which makes the module below
from shibokensupport import feature


def switch_off() -> None:
    """Have modules imported from here on without a search through their source.

    Qt for Python reads the source of each for its own name, to know who may import
    ``__feature__``: a tenth of what the window's imports take. The function is private to it; where
    it has gone, sources are read as before.
    """
    if hasattr(feature, "_mod_uses_pyside"):
        feature._mod_uses_pyside = lambda _module: False
