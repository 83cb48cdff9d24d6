"""Lets the set-up's tests import its modules, as Python does for a started script."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "packaging"))
