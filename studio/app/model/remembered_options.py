"""The options that models are opened with, remembered for next time."""

from studio.app import settings as remembered
from studio.app.settings import Settings
from studio.engine.messages import FlashAttention, LoadOptions


def remember_options(settings: Settings, options: LoadOptions) -> None:
    """Keep the options that a model was opened with.

    Args:
        settings: Where they are kept.
        options: The options.
    """
    settings.set(remembered.GPU_LAYERS, options.gpu_layers)
    settings.set(remembered.MACHINES, list(options.machines))
    settings.set(remembered.PUBLIC_MACHINES, list(options.public_machines))
    settings.set(remembered.TENSOR_SPLIT, ",".join(map(str, options.tensor_split)))
    settings.set(remembered.CONTEXT_SIZE, options.context_size)
    settings.set(remembered.THREADS, options.threads)
    settings.set(remembered.MEMORY_MAP, options.memory_map)
    settings.set(remembered.PROMPT_CACHE, options.prompt_cache_mib)
    settings.set(remembered.FLASH_ATTENTION, options.flash_attention)


def load_options(settings: Settings) -> LoadOptions:
    """Return the remembered options; the defaults where they are damaged."""
    split = settings.get(remembered.TENSOR_SPLIT)
    try:
        return LoadOptions(
            gpu_layers=settings.get(remembered.GPU_LAYERS),
            machines=tuple(settings.get(remembered.MACHINES)),
            public_machines=tuple(settings.get(remembered.PUBLIC_MACHINES)),
            tensor_split=tuple(map(float, filter(None, split.split(",")))),
            context_size=settings.get(remembered.CONTEXT_SIZE),
            threads=settings.get(remembered.THREADS),
            memory_map=settings.get(remembered.MEMORY_MAP),
            prompt_cache_mib=settings.get(remembered.PROMPT_CACHE),
            flash_attention=_choice(settings.get(remembered.FLASH_ATTENTION)),
        )
    except ValueError:
        return LoadOptions()


def _choice(text: str) -> FlashAttention:
    match text:
        case "on" | "off":
            return text
    return "auto"
