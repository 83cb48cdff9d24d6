"""Target: files of comparisons, and what the window and the pages make of one that is taken."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import msgspec

from studio.experiments.comparison import Comparison
from studio.experiments.comparison_file import ComparisonFileError, from_json, to_json
from studio.experiments.html_page import to_html
from studio.experiments.markdown import to_markdown
from tests.experiments.strategies import SKETCHES
from tests.fuzz.sketches import use
from tests.fuzz.target import Target

_PATH = Path("fuzzed.json")
_FOREIGN = re.compile(r"“.*?”|'.*?'|\S*\d\S*", re.DOTALL)
"""What of a message is a number or the file's: inputs that differ in it alone count as alike."""
_TOKEN = (
    '{"id":0,"text":"YQ==","probability":0.5,"rank":0,"entropy":0.5,"u":0.5,"near_tie":true,'
    '"top":[[0,0.5],[7,0.25]],"sketch":"%s","typed":{"1":2}}'
)
_FILE = (
    '{"format":"kelvin-studio comparison","format_version":1,"made":"2026-01-01T00:00:00Z",'
    '"model":{"name":"m","file":"m.gguf","bytes":5},"prompt":{"manuscript":"The sea","brief":"b",'
    '"format":"plain"},"prompt_tokens":2,"prompt_ids":[1,2],"unseen_characters":1,"same_dice":true,'
    '"max_tokens":3,"ignore_eos":false,"seconds_prompt":0.5,"spellings":{"0":"YQ==","7":"Yg=="},'
    '"lanes":[{"params":{"temperature":null,"top_k":40,"logit_bias":[[3,null]],"word_biases":'
    '[{"text":"sea","bias":null}]},"seed":7,"tokens":[%s,%s],"reason":"stop_string","end":%s,'
    '"stop":["x"],"mu":3.5,"name":"Hot","turns":[{"index":1,"params":{}}],"color":1},'
    '{"params":{},"seed":1,"tokens":[]}]}'
)


def target(_folder: Path) -> Target:
    """One that has everything, with sketches of several kinds, and a short one."""
    seeds = []
    for sketch in SKETCHES[:3]:
        token = _TOKEN % base64.b64encode(sketch).decode()
        seeds.append((_FILE % (token, _TOKEN % "", token)).encode())
    names = {field for kind in msgspec.structs.fields(Comparison) for field in [kind.encode_name]}
    words = [f'"{name}":'.encode() for name in sorted(names)]
    words += [b'{"', b"}", b"[", b"]", b",", b"[]", b"{}", b'"tokens":[', b'"top":[', b'"params":{']
    return Target(seeds, check, tuple(words), ("studio.experiments", "studio.sampling.sketches"))


def check(data: bytes) -> str:
    """Read it; what is taken comes back the same, and can be looked at and written as a page."""
    try:
        comparison = from_json(data, _PATH)
    except ComparisonFileError as error:
        said = str(error)
        assert 0 < len(said) < 600, "a message that fills the window"
        said.encode()
        return _FOREIGN.sub("#", said)[:90]
    assert from_json(to_json(comparison), _PATH) == comparison
    to_markdown(comparison)
    to_html(comparison)
    sketches = [token.sketch for lane in comparison.lanes for token in lane.drawn if token.sketch]
    for sketch in sketches:
        use(sketch)
    return f"taken: {len(comparison.lanes)} {len(sketches)}"
