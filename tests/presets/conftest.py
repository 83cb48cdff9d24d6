"""Lets tests import the scripts that make the page of keys and try the built-in presets."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "packaging"))
