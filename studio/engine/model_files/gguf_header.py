"""Reads and checks the header of a GGUF file before llama.cpp sees the file.

llama.cpp trusts much of what a model file says: a vocabulary with one token twice aborts the
process, a huge count exhausts memory, a FIFO hangs. `read_header` refuses such files with a message
for the writer, in one bounded pass that never reads a weight: the file is a regular file, every
count and length fits in the bytes that remain, and what llama.cpp asserts is checked here.

The format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md. This module knows nothing of
loading, of memory (see `memory`) or of what a chat template does (see `chat_template`), and it does
not look at the weights themselves: a bit flipped there is not noticed.
"""

import hashlib
import os
import re
from collections import Counter
from pathlib import Path

import msgspec
import numpy as np

from studio.engine.messages import SMALLEST_CONTEXT
from studio.engine.model_files.gguf_container import (
    ARRAY_TYPES,
    MAX_BLOCKS,
    MAX_VOCABULARY,
    MAX_WIDTH,
    Array,
    Metadata,
    Tensors,
    read_file,
    shown,
)
from studio.engine.model_files.matrices import Matrix, multiplied
from studio.engine.model_files.model_file import (
    FileErrorKind,
    FileStamp,
    ModelFileError,
    quoted,
    refuse,
)
from studio.translation import mark, tr

__all__ = ["FileErrorKind", "FileStamp", "GgufHeader", "ModelFileError", "read_header"]

_MAX_CONTEXT = 16 << 20  # tokens; no real model was trained with more
_MAX_TOKEN = 4096  # bytes; real ones have some hundred. Tokenizers recurse or square over them.
_MAX_EXPERTS = 1024  # llama.cpp's LLAMA_MAX_EXPERTS
_MAX_ENDINGS = 256 << 20  # bytes; PLaMo 2's own tokens have some 5 MiB
_LONGEST_NAME = 200  # characters of a model's own name that are kept

# llama_ftype (llama.h): what general.file_type says the quantization is.
_FILE_TYPES = {
    0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 7: "Q8_0", 8: "Q5_0", 9: "Q5_1", 10: "Q2_K",
    11: "Q3_K_S", 12: "Q3_K_M", 13: "Q3_K_L", 14: "Q4_K_S", 15: "Q4_K_M", 16: "Q5_K_S",
    17: "Q5_K_M", 18: "Q6_K", 19: "IQ2_XXS", 20: "IQ2_XS", 21: "Q2_K_S", 22: "IQ3_XS",
    23: "IQ3_XXS", 24: "IQ1_S", 25: "IQ4_NL", 26: "IQ3_S", 27: "IQ3_M", 28: "IQ2_S", 29: "IQ2_M",
    30: "IQ4_XS", 31: "IQ1_M", 32: "BF16", 36: "TQ1_0", 37: "TQ2_0", 38: "MXFP4", 39: "NVFP4",
    40: "Q1_0",
}  # fmt: skip

# Architectures that are nothing without experts: llama.cpp asserts that there are some.
_OF_EXPERTS = {"smallthinker", "grovemoe", "bailingmoe2", "glm4moe"}

_CONTROL, _USER_DEFINED, _BYTE = 3, 4, 6  # llama_token_type
_BYTE_TOKEN = re.compile(rb"<0x[0-9A-Fa-f]{2}>")
_ROPE_SCALING = ("none", "linear", "yarn", "longrope")
_PART_NAME = re.compile(r"(.+)-(\d{5})-of-(\d{5})\.gguf")

# Architectures that llama.cpp loads and that cannot continue a text token by token.
_NOT_WRITERS = (
    dict.fromkeys(
        (
            "bert",
            "modern-bert",
            "nomic-bert",
            "nomic-bert-moe",
            "neo-bert",
            "jina-bert-v2",
            "jina-bert-v3",
            "eurobert",
            "gemma-embedding",
            "llama-embed",
            "t5encoder",
        ),
        mark("is an embedding model, which reads text and writes none"),
    )
    | {
        "clip": mark("is the picture or sound part (mmproj) of a model"),
        "wavtokenizer-dec": mark("is a speech decoder"),
        "t5": mark("is an encoder-decoder model"),
    }
    | dict.fromkeys(("dream", "llada", "llada-moe", "rnd1"), mark("is a diffusion model"))
)


class GgufHeader(msgspec.Struct, frozen=True, kw_only=True):
    """What the studio wants to know of a model file. Sizes are in bytes, lengths in tokens."""

    name: str
    """The model's own name for itself, else the file's."""
    architecture: str
    version: int
    quantization: str
    """As model pages write it: "Q4_1", "Q4_K_M", "F16"."""
    files: tuple[FileStamp, ...]
    """The file, or all files of a model that comes in parts, in order."""
    tensor_count: int
    tensor_bytes: int
    matrices: tuple[Matrix, ...]
    """What the model multiplies by, by type and shape."""
    parameter_count: int

    context_length: int
    """What the model was trained with."""
    block_count: int
    embedding_length: int
    feed_forward_length: int
    head_count: tuple[int, ...]
    """Attention heads of each block."""
    head_count_kv: tuple[int, ...]
    """Key and value heads of each block; 0 in a block without attention."""
    key_length: int
    """Width of one key head."""
    value_length: int
    sliding_window: int
    """0 = none."""
    recurrent_state_size: int
    """Elements of state that a recurrent block keeps for one sequence; 0 in plain transformers."""

    vocabulary_size: int
    vocabulary_fingerprint: str
    """Distinguishes vocabularies: files of one model, and its relatives, have the same."""
    tokenizer_model: str
    tokenizer_pre: str
    control_tokens: frozenset[str]
    """Texts of all control and user-defined tokens, such as "<|im_start|>"."""
    bos_id: int | None
    eos_id: int | None
    eot_id: int | None
    unknown_id: int | None
    padding_id: int | None
    bos_token: str
    """The text of `bos_id`, empty without one."""
    eos_token: str
    add_bos: bool | None
    """None where the file leaves it to the tokenizer's default."""
    chat_template: str | None

    @property
    def file_size(self) -> int:
        """Bytes on disk, all parts together."""
        return sum(stamp.size for stamp in self.files)

    @property
    def mtime_ns(self) -> int:
        """When the newest part was changed, in nanoseconds since the epoch."""
        return max(stamp.mtime_ns for stamp in self.files)

    def changed_file(self) -> Path | None:
        """The first file that is no longer as it was read, or None.

        A memory-mapped model that was truncated kills the process with SIGBUS, one that was
        overwritten writes garbage: ask before each generation. A deleted file stays mapped.
        """
        for stamp in self.files:
            try:
                now = Path(stamp.path).stat()
            except OSError:
                continue
            if (now.st_size, now.st_mtime_ns) != (stamp.size, stamp.mtime_ns):
                return Path(stamp.path)
        return None


class _Vocabulary(msgspec.Struct):
    size: int
    fingerprint: str
    control_tokens: frozenset[str]
    ids: dict[str, int | None]
    texts: dict[str, str]


def _read_vocabulary(metadata: Metadata, tokenizer: str) -> _Vocabulary:
    """Check what llama.cpp asserts of a vocabulary, and what makes its tokenizer throw later."""
    path = metadata.path
    arrays = {key: metadata.array(key) for key in ARRAY_TYPES}
    listed = arrays["tokenizer.ggml.tokens"]
    if listed is None or not 1 <= listed.count <= MAX_VOCABULARY:
        count = listed.count if listed else 0
        found = tr(
            "has %n tokens in its vocabulary; 1 to {most:,} are allowed",
            "",
            count,
            most=MAX_VOCABULARY,
        )
        refuse(path, "damaged", found)
    for key in ("tokenizer.ggml.token_type", "tokenizer.ggml.scores"):
        array = arrays[key]
        if array is not None and array.count != listed.count:
            found = tr(
                "has %n elements in {key} for {tokens:,} tokens",
                "",
                array.count,
                key=key,
                tokens=listed.count,
            )
            refuse(path, "damaged", found)

    # llama.cpp sees C strings, and names an empty one after its place.
    tokens = listed.strings
    if b"\0" in b"".join(tokens):
        tokens = [token.partition(b"\0")[0] for token in tokens]
    unique = set(tokens)
    if b"" in unique:
        tokens = [token or b"[EMPTY_%d]" % place for place, token in enumerate(tokens)]
        unique = set(tokens)
    if len(unique) != len(tokens):
        token, times = Counter(tokens).most_common(1)[0]
        found = tr(
            "has the token {token} %n times in its vocabulary; once is allowed",
            "",
            times,
            token=quoted(token),
        )
        refuse(path, "damaged", found)

    longest = max(unique, key=len)
    if len(longest) > _MAX_TOKEN:
        found = tr(
            "has a token of %n bytes, {token}; at most {most:,} are allowed",
            "",
            len(longest),
            token=quoted(longest),
            most=_MAX_TOKEN,
        )
        refuse(path, "damaged", found)
    if tokenizer == "plamo2" and sum(len(token) ** 2 for token in unique) > 2 * _MAX_ENDINGS:
        found = tr(
            "has tokens so long that a list of all their endings, as plamo2 keeps it, takes over "
            "{most} MiB",
            most=_MAX_ENDINGS >> 20,
        )
        refuse(path, "damaged", found)
    _check_bytes(path, tokenizer, unique)
    types_array = arrays["tokenizer.ggml.token_type"]
    types = np.frombuffer(types_array.data if types_array else b"", "<i4")
    for place in np.flatnonzero(types == _BYTE):
        sound = tokenizer == "gpt2" or _BYTE_TOKEN.fullmatch(tokens[place])
        if tokenizer == "bert" or not sound:
            found = tr(
                "marks token {id}, {token}, as a byte, which it cannot be",
                id=place,
                token=quoted(tokens[place]),
            )
            refuse(path, "damaged", found)
    special = np.flatnonzero((types == _CONTROL) | (types == _USER_DEFINED))

    ids: dict[str, int | None] = {}
    for name in ("bos", "eos", "eot", "unknown"):
        key = f"tokenizer.ggml.{name}_token_id"
        ids[name] = metadata.integer(key, None, 0, len(tokens) - 1) if key in metadata else None
    # Sound Llama 2 files say 4,294,967,295 (-1, none) here. llama.cpp looks past it, and so do we.
    padding = metadata.get("tokenizer.ggml.padding_token_id")
    ids["padding"] = padding if isinstance(padding, int) and padding < len(tokens) else None
    texts = {
        name: "" if (at := ids[name]) is None else tokens[at].decode(errors="replace")
        for name in ("bos", "eos")
    }
    control = frozenset(tokens[place].decode(errors="replace") for place in special)
    fingerprint = hashlib.blake2b(b"\0".join(tokens), digest_size=6).hexdigest()
    return _Vocabulary(len(tokens), fingerprint, control, ids, texts)


def _check_bytes(path: Path, tokenizer: str, tokens: set[bytes]) -> None:
    """Refuse a vocabulary that cannot spell every byte, where llama.cpp relies on that.

    Otherwise it ends the process at the first text with such a byte, or never comes to an end.
    """
    if tokenizer == "llama":
        missing = [n for n in range(256) if b"<0x%02X>" % n not in tokens]
        missing = [n for n in missing if n == 0 or bytes((n,)) not in tokens]
    elif tokenizer == "rwkv":
        # Written as in Python's literals of bytes: \x80, \n, \\.
        spelled = {_ESCAPED.sub(_unescaped, token) for token in tokens if len(token) <= 4}
        missing = [n for n in range(256) if bytes((n,)) not in spelled]
    else:
        return
    if missing:
        found = tr(
            "lacks %n of the 256 byte tokens, such as <0x{first:02X}>",
            "",
            len(missing),
            first=missing[0],
        )
        refuse(path, "damaged", found)


_ESCAPED = re.compile(rb"\\(x[0-9A-Fa-f]{2}|.)", re.DOTALL)


def _unescaped(match: re.Match[bytes]) -> bytes:
    """What an escape in a token of rwkv's stands for."""
    code = match[1]
    if len(code) == 3:
        return bytes((int(code[1:], 16),))
    return {b"t": b"\t", b"n": b"\n", b"r": b"\r"}.get(code, code)


def _check_assertions(metadata: Metadata, prefix: str, blocks: int) -> None:
    """What llama.cpp asserts of any architecture's parameters; a failure ends the process."""
    metadata.integer(f"{prefix}.nextn_predict_layers", 0, 0, blocks - 1)
    for key in (f"{prefix}.attention.layer_norm{name}_epsilon" for name in ("", "_rms")):
        epsilon = metadata.get(key, 0.0)
        if not (isinstance(epsilon, float) and 0 <= epsilon < 1):
            found = tr(
                "has {found} for {key}; a fraction from 0 to 1 is allowed",
                found=shown(epsilon),
                key=key,
            )
            refuse(metadata.path, "damaged", found)
    scaling = metadata.text(f"{prefix}.rope.scaling.type", "none")
    if scaling not in _ROPE_SCALING:
        found = tr(
            "has the position scaling {found}; {names} are allowed",
            found=quoted(scaling[:60].encode()),
            names=", ".join(_ROPE_SCALING),
        )
        refuse(metadata.path, "damaged", found)

    count = metadata.integer(f"{prefix}.expert_count", 0, 0, _MAX_EXPERTS)
    used_key = f"{prefix}.expert_used_count"
    for used in metadata.blocks(used_key, blocks, (0,)):
        if used > count or (used == 0) != (count == 0):
            found = tr("uses {used} of %n experts ({key})", "", count, used=used, key=used_key)
            refuse(metadata.path, "damaged", found)
    groups_key = f"{prefix}.expert_group_count"
    groups = metadata.integer(groups_key, 0, 0, max(count - 1, 0))
    if groups > 1:
        if count % groups:
            found = tr(
                "puts %n experts into {groups} groups ({key})",
                "",
                count,
                groups=groups,
                key=groups_key,
            )
            refuse(metadata.path, "damaged", found)
        metadata.integer(f"{prefix}.expert_group_used_count", None, 1, groups - 1)


def _check_architecture(metadata: Metadata, tensors: Tensors, header: GgufHeader) -> None:
    """What llama.cpp asserts of some architectures, or of a model's parameters and its tensors."""
    path, prefix = metadata.path, header.architecture
    if prefix in _OF_EXPERTS:
        metadata.integer(f"{prefix}.expert_count", None, 1, _MAX_EXPERTS)
    rotated = metadata.integer(f"{prefix}.rope.dimension_count", 0, 0, MAX_WIDTH)
    if f"{prefix}.attention.kv_lora_rank" in metadata:
        key = f"{prefix}.attention.key_length_mla"
        width = metadata.integer(key, header.key_length, 0, MAX_WIDTH)
        if rotated >= width:
            found = tr(
                "turns {rotated} ({key}) of %n values of a key; fewer than all are allowed in "
                "{architecture}",
                "",
                width,
                rotated=rotated,
                key=f"{prefix}.rope.dimension_count",
                architecture=prefix,
            )
            refuse(path, "damaged", found)
    metadata.integer(f"{prefix}.wkv.head_size", 1, 1, MAX_WIDTH)  # it divides by it
    sections = metadata.get(f"{prefix}.rope.dimension_sections")
    if isinstance(sections, Array) and sections.data and not any(sections.data):
        key = f"{prefix}.rope.dimension_sections"
        found = tr("has zeros alone for {key}; a number above is expected", key=key)
        refuse(path, "damaged", found)
    names = {tensor.name for tensor in tensors.each}
    for key, counts, matrices in (
        ("head_count", header.head_count, ("attn_q", "attn_qkv")),
        ("head_count_kv", header.head_count_kv, ("attn_k",)),
    ):
        for block, heads in enumerate(counts):
            if heads == 0 and any(f"blk.{block}.{name}.weight" in names for name in matrices):
                found = tr(
                    "has 0 heads ({key}) in block {block}, and weights for them; 1 or more are "
                    "expected",
                    key=f"{prefix}.attention.{key}",
                    block=block,
                )
                refuse(path, "damaged", found)


def _recurrent_state_size(metadata: Metadata, prefix: str) -> int:
    """Elements a block keeps of one sequence: n_embd_r + n_embd_s of llama-hparams.cpp."""
    width = metadata.integer(f"{prefix}.ssm.inner_size", 0, 0, MAX_WIDTH)
    state = metadata.integer(f"{prefix}.ssm.state_size", 0, 0, MAX_WIDTH)
    groups = metadata.integer(f"{prefix}.ssm.group_count", 0, 0, MAX_WIDTH)
    kernel = metadata.integer(f"{prefix}.ssm.conv_kernel", 0, 0, MAX_WIDTH)
    return max(kernel - 1, 0) * (width + 2 * groups * state) + width * state


def _read_parts(
    metadata: Metadata, tensors: Tensors, stamp: FileStamp
) -> tuple[Tensors, tuple[FileStamp, ...]]:
    """Add up the files of a model that comes in parts: NAME-00001-of-00003.gguf and so on."""
    path = metadata.path
    count = metadata.integer("split.count", 1, 0, 65_535)
    if count <= 1:
        return tensors, (stamp,)
    number = metadata.integer("split.no", 0, 0, count - 1)
    name = _PART_NAME.fullmatch(path.name)
    if name is None or (int(name[2]), int(name[3])) != (number + 1, count):
        found = tr(
            "is part {number} of {count} and not named NAME-00001-of-{count:05}.gguf",
            number=number + 1,
            count=count,
        )
        refuse(path, "incomplete", found)
    if number != 0:
        found = tr("is part {number} of {count}, not the first", number=number + 1, count=count)
        refuse(path, "incomplete", found)
    total = Tensors(tensors.count, tensors.elements, tensors.bytes_of_type, tensors.each)
    stamps = [stamp]
    for part in range(2, count + 1):
        beside = path.with_name(f"{name[1]}-{part:05}-of-{count:05}.gguf")
        if not beside.exists():
            found = tr(
                "needs part {number} of {count}, {file}, beside it",
                number=part,
                count=count,
                file=beside.name,
            )
            refuse(path, "incomplete", found)
        more, sums, part_stamp = read_file(beside)
        more.integer("split.no", None, part - 1, part - 1)
        total.count += sums.count
        total.elements += sums.elements
        total.bytes_of_type += sums.bytes_of_type
        total.each += sums.each
        stamps.append(part_stamp)
    return total, tuple(stamps)


def read_header(path: str | os.PathLike[str]) -> GgufHeader:
    """Read and check the header of a model file; of all its parts if it has several.

    Takes some 50 ms for a vocabulary of 49,152 tokens and reads no weights.

    Args:
        path: the file, or the first of a model that comes in parts.

    Raises:
        ModelFileError: the file must not be given to llama.cpp; the message says why and what to
            do. Nothing else is raised, whatever the file holds.
    """
    path = Path(path)
    metadata, tensors, stamp = read_file(path)
    architecture = metadata.text("general.architecture", "")
    kind = metadata.text("general.type", "model")
    if architecture in _NOT_WRITERS:
        refuse(path, "not_a_writer", tr(_NOT_WRITERS[architecture]))
    if kind != "model":
        found = tr("is not a whole model but of the type {type}", type=quoted(kind[:60].encode()))
        refuse(path, "not_a_writer", found)
    tensors, files = _read_parts(metadata, tensors, stamp)
    if tensors.count == 0:
        refuse(path, "not_a_writer", tr("holds no weights, only a description or a vocabulary"))
    if not architecture:
        refuse(path, "damaged", tr("does not name its architecture (general.architecture)"))

    blocks = metadata.integer(f"{architecture}.block_count", None, 1, MAX_BLOCKS)
    width = metadata.integer(f"{architecture}.embedding_length", None, 1, MAX_WIDTH)
    attention = f"{architecture}.attention"
    heads = metadata.blocks(f"{attention}.head_count", blocks, (0,) * blocks)
    head_width = width // max(heads) if max(heads) else 0
    _check_assertions(metadata, architecture, blocks)
    feed_forward = metadata.blocks(f"{architecture}.feed_forward_length", blocks, (0,))

    tokenizer = metadata.text("tokenizer.ggml.model", "none")
    if tokenizer in ("none", "no_vocab"):
        found = tr("has no vocabulary, so it can neither read nor write text")
        refuse(path, "not_a_writer", found)
    vocabulary = _read_vocabulary(metadata, tokenizer)

    window = metadata.get(f"{attention}.sliding_window")
    add_bos = metadata.get("tokenizer.ggml.add_bos_token")
    file_type = metadata.integer("general.file_type", -1, -1, (1 << 32) - 1)
    # Bit 1024 marks a type that was guessed; it says nothing to a writer.
    quantization = _FILE_TYPES.get(file_type & ~1024 if file_type >= 0 else -1)
    header = GgufHeader(
        name=metadata.text("general.name", "").strip()[:_LONGEST_NAME] or path.stem,
        architecture=architecture,
        version=metadata.integer("GGUF.version", None, 2, 3),
        quantization=quantization or tensors.bytes_of_type.most_common(1)[0][0],
        files=files,
        tensor_count=tensors.count,
        tensor_bytes=tensors.bytes_of_type.total(),
        matrices=multiplied(tensors.each),
        parameter_count=tensors.elements,
        context_length=metadata.integer(
            f"{architecture}.context_length", None, SMALLEST_CONTEXT, _MAX_CONTEXT
        ),
        block_count=blocks,
        embedding_length=width,
        feed_forward_length=max(feed_forward),
        head_count=heads,
        head_count_kv=metadata.blocks(f"{attention}.head_count_kv", blocks, heads),
        key_length=metadata.integer(f"{attention}.key_length", head_width, 0, MAX_WIDTH),
        value_length=metadata.integer(f"{attention}.value_length", head_width, 0, MAX_WIDTH),
        sliding_window=window if isinstance(window, int) else 0,
        recurrent_state_size=_recurrent_state_size(metadata, architecture),
        vocabulary_size=vocabulary.size,
        vocabulary_fingerprint=vocabulary.fingerprint,
        tokenizer_model=tokenizer,
        tokenizer_pre=metadata.text("tokenizer.ggml.pre", ""),
        control_tokens=vocabulary.control_tokens,
        bos_id=vocabulary.ids["bos"],
        eos_id=vocabulary.ids["eos"],
        eot_id=vocabulary.ids["eot"],
        unknown_id=vocabulary.ids["unknown"],
        padding_id=vocabulary.ids["padding"],
        bos_token=vocabulary.texts["bos"],
        eos_token=vocabulary.texts["eos"],
        add_bos=add_bos if isinstance(add_bos, bool) else None,
        chat_template=metadata.text("tokenizer.chat_template", "").strip() or None,
    )
    _check_architecture(metadata, tensors, header)
    return header
