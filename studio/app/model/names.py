"""How models and their sizes are named to the writer. Plain functions; no state."""

from pathlib import Path

from studio.engine.messages import ModelReport
from studio.translation import tr
from studio.visible_text import visible_name


def model_name(path: str, quantization: str = "") -> str:
    """A file's name as it is shown, without its quantization.

    The name in the header is not used: in many files it is that of a training run.

    Args:
        path: The model's file.
        quantization: The one that the header names.
    """
    stem = Path(path).stem
    if quantization and stem.lower().endswith(quantization.lower()):
        stem = stem[: -len(quantization)].rstrip(".-_ ")
    return visible_name(stem or path)


def model_title(report: ModelReport) -> str:
    """Name and quantization, as the picker shows them."""
    return f"{model_name(report.path, report.quantization)}  {report.quantization}".strip()


def byte_size(count: int) -> str:
    """A number of bytes in the unit people would use."""
    if count >= 1e9:
        return tr("{size:.1f} GB", size=count / 1e9)
    return tr("{size:.0f} MB", size=count / 1e6)


def describe_use(report: ModelReport) -> str:
    """What the loaded model really uses of the machine, in one sentence for a tooltip."""
    where = f"{report.backend} ({report.device})"
    layers = (
        tr(
            "{offloaded} of %n layers on {where}",
            "",
            report.layers,
            one="{offloaded} of %n layer on {where}",
            offloaded=report.layers_offloaded,
            where=where,
        )
        if report.layers_offloaded
        else tr(
            "all %n layers on {where}",
            "",
            report.layers,
            one="all %n layer on {where}",
            where=where,
        )
    )
    mapping = tr("file mapped into memory") if report.memory_mapped else tr("file read into memory")
    return tr(
        "{layers}, {threads}; {memory} of memory, {mapping}; context {size:,} of {trained:,} "
        "trained",
        layers=layers,
        threads=tr("%n threads", "", report.threads, one="%n thread"),
        memory=byte_size(report.memory_bytes),
        mapping=mapping,
        size=report.context_size,
        trained=report.context_train,
    )
