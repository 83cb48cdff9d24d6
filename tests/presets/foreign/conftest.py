"""Lets a test import the script that makes the page of keys, as Python does for scripts."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[3] / "packaging"))
