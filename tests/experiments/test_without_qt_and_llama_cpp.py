"""A comparison is opened, looked at and exported without model, engine or window."""

import subprocess
import sys


def test_neither_is_loaded() -> None:
    code = (
        "import sys; import studio.experiments.comparison_file, studio.experiments.html_page, "
        "studio.experiments.markdown, studio.experiments.recorder; "
        "assert not {'llama_cpp', 'PySide6'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
