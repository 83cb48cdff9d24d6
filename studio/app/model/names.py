"""How models and their sizes are named to the writer. Plain functions; no state."""

from studio.engine.messages import ModelReport, is_server
from studio.model_record import short_name
from studio.translation import tr
from studio.visible_text import visible_line, visible_name

_LONGEST_FACT = 90
"""Characters of what a server says of itself, where it stands in a line."""


def model_name(path: str, quantization: str = "") -> str:
    """A file's name as it is shown: see `short_name`.

    Args:
        path: The model's file, or its server's address.
        quantization: The one that the header names.
    """
    if is_server(path):
        return visible_name(path.partition("://")[2])
    return visible_name(short_name(path, quantization) or path)


def model_title(report: ModelReport) -> str:
    """Name and quantization, as the picker shows them; at a server, which one."""
    if is_server(report.path):
        name = visible_name(report.name) or tr("a model")
        return tr("{model} at {server}", model=name, server=model_name(report.path))
    return f"{model_name(report.path, report.quantization)}  {report.quantization}".strip()


def byte_size(count: int) -> str:
    """A number of bytes in the unit people would use."""
    if count >= 1e9:
        return tr("{size:.1f} GB", size=count / 1e9)
    return tr("{size:.0f} MB", size=count / 1e6)


def attention_words(report: ModelReport) -> str:
    """How attention is computed, and how quick both ways are where they were timed."""
    timing = report.attention_timing
    if timing is None:
        return tr("flash attention") if report.has_flash_attention else tr("no flash attention")
    flash, plain = 1000 * timing.flash[0], 1000 * timing.plain[0]
    if report.has_flash_attention:
        return tr(
            "flash attention: {flash:.1f} ms a token, without it {plain:.1f}",
            flash=flash,
            plain=plain,
        )
    return tr(
        "no flash attention: {plain:.1f} ms a token, with it {flash:.1f}", flash=flash, plain=plain
    )


def server_facts(report: ModelReport) -> dict[str, str]:
    """What is known of a model at a server, by what it is called."""
    context = tr("{size:,} tokens", size=report.context_size)
    if report.context_train:
        context = tr(
            "{size:,} tokens; trained with {trained:,}",
            size=report.context_size,
            trained=report.context_train,
        )
    facts = {
        tr("Server"): f"{visible_name(report.backend)} {visible_name(report.device)}".strip(),
        tr("Address"): visible_name(report.path),
        tr("Context"): context,
    }
    if report.draws_there:
        facts[tr("Draws")] = tr("the server’s own, with the seed it is given")
        return facts | {
            title: visible_line(words, _LONGEST_FACT) for title, words in report.can[3:]
        }
    facts[tr("Vocabulary")] = f"{report.vocabulary_size:,}"
    facts[tr("Draws")] = _draws(report)
    if report.parameters:
        facts[tr("Parameters")] = tr("{count:,.0f} million", count=report.parameters / 1e6)
    if report.file_bytes:
        facts[tr("File there")] = byte_size(report.file_bytes)
    return facts


def _draws(report: ModelReport) -> str:
    """Who draws the tokens of a model at a server."""
    if report.is_far:
        return tr("by the server: it is too far away to be asked for each token")
    if report.known_tokens:
        return tr(
            "here, where the %n likeliest tokens that the server names settle what can be drawn; "
            "else by the server",
            "",
            report.known_tokens,
        )
    return tr("here, from what the server says of each place")


def layer_words(report: ModelReport) -> str:
    """Which devices compute how many layers; empty where the processor computes all."""
    used = [device for device in report.devices if device.layers]
    if all(device.kind == "processor" for device in used):
        return ""
    return ", ".join(
        tr("{layers} on {device}", layers=device.layers, device=visible_name(device.name))
        for device in used
    )


def describe_use(report: ModelReport) -> str:
    """What the loaded model really uses of the machine, in one sentence for a tooltip."""
    where = f"{report.backend} ({report.device})"
    if is_server(report.path):
        words = tr(
            "{server} at {url}; context {size:,}",
            server=where,
            url=visible_name(report.path),
            size=report.context_size,
        )
        if report.draws_there:
            words = tr("{server}. The server draws.", server=words)
        return words
    shared = layer_words(report)
    layers = (
        tr("layers: {shared}", shared=shared)
        if shared
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
