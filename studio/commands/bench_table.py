"""The bench's figures as text: each beside what it must hold and its aim."""

from studio.commands.bench_long import LENGTHS
from studio.commands.bench_pairs import LANE_COUNTS
from studio.commands.bench_synthetic import VOCABULARIES

_ROWS = (
    # key (of figures by number of lanes or size: "key.number"), what, hold, aim, format
    *(
        (
            f"synthetic_sampler_us.{size}",
            f"synthetic logits, T + filters + draw + sketch, vocabulary {size:,}",
            "500" if size == 262_144 else "",
            "300" if size == 262_144 else "",
            "{:.0f} us",
        )
        for size in VOCABULARIES
    ),
    (
        "synthetic_top_p_ratio",
        "the same, top-p alone, deep nucleus, 131,072: llama.cpp's time to ours",
        "10",
        "",
        "{:.1f}",
    ),
    (
        "synthetic_top_p_sure_ratio",
        "the same where a handful of tokens suffices",
        "10",
        "",
        "{:.1f}",
    ),
    (
        "synthetic_lanes_8_sampler_us",
        "synthetic logits, eight lanes a step, vocabulary 262,144",
        "4000",
        "2400",
        "{:.0f} us",
    ),
    ("decode_tps", "bare llama_decode loop", "", "", "{:.0f} tokens/s"),
    (
        "engine_same_pages_ratio",
        "engine, filters and sketch, to the bare loop, both in huge pages",
        "0.95",
        "0.98",
        "{:.3f}",
    ),
    (
        "engine_small_pages_ratio",
        "the same, the bare loop in pages of 4 KiB as any program is",
        "",
        "",
        "{:.3f}",
    ),
    (
        "window_ratio",
        "window, histogram live, to the bare loop in pages of 4 KiB",
        "0.90",
        "0.95",
        "{:.3f}",
    ),
    (
        "continue_after_edit_decodes",
        "Continue after an edit at the end of 2,000 tokens, to the first token",
        "5",
        "2",
        "{:.1f} decodes",
    ),
    (
        "four_lanes_fresh_ratio",
        "four lanes after 512 tokens, to four runs that evaluate the prompt each",
        "0.65",
        "0.55",
        "{:.3f}",
    ),
    (
        "four_lanes_reuse_ratio",
        "the same to four runs of one engine, which evaluates the prompt once",
        "",
        "",
        "{:.3f}",
    ),
    ("eight_lanes_speedup", "eight lanes together, to one lane's tokens/s", "1.4", "", "{:.2f}"),
    *(
        (
            f"lanes_{place}_ratio.{lanes}",
            f"{place} with {lanes} lane{'s' * (lanes > 1)}, to the same batches decoded bare",
            hold,
            "",
            "{:.3f}",
        )
        for place, hold in (("engine", "0.93"), ("window", "0.87"))
        for lanes in LANE_COUNTS
    ),
    *(
        (f"long_{key}.{length}", f"{length:,} tokens {what}", hold, "", layout)
        for length in LENGTHS
        for key, what, hold, layout in (
            ("prompt_tps", "read", "", "{:.0f} tokens/s"),
            ("prompt_ratio", "read, to the bare loop", "", "{:.3f}"),
            ("prompt_to_llama_bench", "read, to llama-bench", "0.95", "{:.3f}"),
            ("decode_tps", "before it, writing", "", "{:.0f} tokens/s"),
            ("decode_ratio", "before it, writing, to the bare loop", "", "{:.3f}"),
            ("decode_to_llama_bench", "before it, writing, to llama-bench", "0.95", "{:.3f}"),
        )
    ),
    ("turn_ms_p95", "turning T to bars redrawn, 95th percentile", "16", "8", "{:.1f} ms"),
    (
        "turn_heat_ms_p95",
        "the same with curve and a heat-tinted page of 1,000 tokens",
        "16",
        "8",
        "{:.1f} ms",
    ),
    ("landscape_ms_p95", "landscape of 1,000 tokens re-tempered", "16", "4", "{:.1f} ms"),
    (
        "scrub_ms_p95",
        "a take of 1,000 tokens turned, greyed where it parts",
        "16",
        "8",
        "{:.1f} ms",
    ),
    ("longest_stall_ms", "longest stall of the event loop while writing", "50", "16", "{:.0f} ms"),
    (
        "document_mb",
        "a document of 1,000,000 characters and 50,000 tokens, on the disk",
        "100",
        "",
        "{:.0f} MB",
    ),
    ("document_read_seconds", "the same, read and put in its place", "2", "1", "{:.2f} s"),
    ("document_copy_ms", "the same, copied to be kept by another thread", "16", "8", "{:.1f} ms"),
    ("document_keep_seconds", "the same, kept after a key", "2", "0.5", "{:.2f} s"),
    (
        "document_key_ms_p99",
        "a key's change of it meanwhile, 99th percentile",
        "33",
        "",
        "{:.1f} ms",
    ),
    ("start_seconds", "start to a usable window", "1.0", "0.6", "{:.2f} s"),
    ("window_mib", "window's process, resident", "250", "180", "{:.0f} MiB"),
    ("idle_cpu_percent", "CPU at rest, window and engine", "1", "0", "{:.2f} %"),
    ("others_cpu_percent", "CPU that other programs took between the parts", "", "", "{:.0f} %"),
)

_SETTINGS = {
    "temperature": "T alone",
    "min_p": "min-p",
    "top_k": "top-k 40",
    "top_p_min_p": "top-p and min-p",
    "penalties_dry": "penalties and DRY over 500 tokens",
    "xtc": "XTC",
    "typical_p": "typical",
    "mirostat_2": "Mirostat 2",
}
_HOLDS = {49_152: (200, 300, 300), 262_144: (500, 700, 700)}
"""Microseconds of top-p and min-p, by size of vocabulary: median, 90th percentile, worst."""
_COLUMNS = ("median", "p90", "worst", "statistics", "draw", "sketch")
_NATIVE_COLUMNS = ("llama_cpp_median", "llama_cpp_p90", "llama_cpp_worst")


def print_table(figures: dict[str, object]) -> None:
    """Print what was measured, one figure a line, and the sampler's in a table of their own."""
    _print_rows(figures)
    large = figures.get("large_vocabulary")
    if isinstance(large, dict) and large:
        print(f"\nwith a vocabulary of {large['vocabulary']:,}, of real logits")
        _print_rows(large)
    traffic = figures.get("memory_traffic_us", {})
    assert isinstance(traffic, dict)
    for size, floor in traffic.items():
        real = figures[f"sampler_real_{size}"]
        assert isinstance(real, dict)
        _print_real(int(size), floor, real)


def _print_rows(figures: dict[str, object]) -> None:
    print(f"{'what':72} {'measured':>14}  {'hold':>5} {'aim':>5}")
    single: dict[str, object] = {}
    for key, figure in figures.items():
        if isinstance(figure, dict):
            single |= {f"{key}.{number}": part for number, part in figure.items()}
        else:
            single[key] = figure
    for key, name, hold, aim, layout in _ROWS:
        if key in single:
            print(f"{name:72} {layout.format(single[key]):>14}  {hold:>5} {aim:>5}")


def _print_real(size: int, floor: float, by_setting: dict[str, dict[str, float]]) -> None:
    """The sampler's microseconds on real logits, ours before llama.cpp's."""
    print(f"\nreal logits, vocabulary {size:,}, after a sweep of the caches; us a token")
    print(f"(their maximum alone, found once after a sweep: {floor:.0f} us)")
    print(f"{'':34}{'together':>8}{'':26}each by itself{'':15}llama.cpp's chain")
    names = (*_COLUMNS, "median", "p90", "worst")
    print(f"{'setting':34}" + "".join(f"{name:>8}" for name in names))
    for setting, figures in by_setting.items():
        columns = [figures[f"{name}_us"] for name in (*_COLUMNS, *_NATIVE_COLUMNS)]
        print(f"{_SETTINGS[setting]:34}" + "".join(f"{column:8.0f}" for column in columns))
        if setting == "top_p_min_p" and size in _HOLDS:
            print(f"{'  to hold':34}" + "".join(f"{hold:8}" for hold in _HOLDS[size]))
