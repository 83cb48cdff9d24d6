"""How models and their sizes are named to the writer. Plain functions; no state."""

from pathlib import Path

from studio.app.counted import counted
from studio.engine.messages import ModelReport
from studio.visible_text import visible_name


def model_name(path: str, quantization: str = "") -> str:
    """A file's name as it is shown, without its quantization.

    The name in the header is that of a training run in many files.

    Args:
        path: The model's file.
        quantization: As the header has it.
    """
    stem = Path(path).stem
    if quantization and stem.lower().endswith(quantization.lower()):
        stem = stem[: -len(quantization)].rstrip(".-_ ")
    return visible_name(stem or path)


def model_title(report: ModelReport) -> str:
    """Name and quantization, as the picker shows them."""
    return f"{model_name(report.path, report.quantization)}  {report.quantization}".strip()


def byte_size(count: int) -> str:
    """Bytes in the unit people use for them."""
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"


def describe_use(report: ModelReport) -> str:
    """What the loaded model really uses of the machine, in one sentence for a tooltip."""
    where = f"{report.backend} ({report.device})"
    layers = (
        f"{report.layers_offloaded} of {counted(report.layers, 'layer')} on {where}"
        if report.layers_offloaded
        else f"all {counted(report.layers, 'layer')} on {where}"
    )
    mapping = "file mapped into memory" if report.memory_mapped else "file read into memory"
    return (
        f"{layers}, {counted(report.threads, 'thread')}; "
        f"{byte_size(report.memory_bytes)} of memory, "
        f"{mapping}; context {report.context_size:,} of {report.context_train:,} trained"
    )
