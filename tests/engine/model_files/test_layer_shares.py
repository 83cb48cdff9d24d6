from studio.engine.model_files.gguf_header import GgufHeader
from studio.engine.model_files.layer_shares import LayerSizes, layer_counts, layer_sizes
from studio.engine.model_files.memory import estimate

SIZES = LayerSizes(layers=31, each=100, beside=50)


def free_for(layers: int) -> int:
    """Bytes that have room for so many layers and not one more."""
    return int((SIZES.beside + layers * SIZES.each) / 0.95) + 2


def test_as_many_as_have_room_and_no_more_than_there_are() -> None:
    assert layer_counts(SIZES, []) == []
    assert layer_counts(SIZES, [free_for(7)]) == [7]
    assert layer_counts(SIZES, [free_for(7), free_for(9)]) == [7, 9]
    assert layer_counts(SIZES, [free_for(1000)]) == [31]
    assert layer_counts(SIZES, [10]) == [0]
    assert layer_counts(SIZES, [0]) == [31], "what it has is not known"


def test_by_memory() -> None:
    assert layer_counts(SIZES, [free_for(100), free_for(100)]) == [16, 15]
    assert layer_counts(SIZES, [free_for(300), free_for(100)]) == [23, 8]
    assert layer_counts(SIZES, [free_for(100), free_for(100)], wanted=4) == [2, 2]
    assert layer_counts(SIZES, [10, 10], wanted=3) == [2, 1], "asked for, room or not"
    assert layer_counts(SIZES, [free_for(100)], wanted=10_000) == [31]
    assert layer_counts(SIZES, [free_for(100)], wanted=0) == [0]


def test_by_hand() -> None:
    assert layer_counts(SIZES, [free_for(1), free_for(1)], split=[3, 1]) == [23, 8]
    assert layer_counts(SIZES, [free_for(1), free_for(1)], wanted=5, split=[4, 1]) == [4, 1]
    assert layer_counts(SIZES, [free_for(9), free_for(9)], wanted=5, split=[1]) == [5, 0]
    assert layer_counts(SIZES, [free_for(9)], split=[1, 2, 3]) == [31]


def test_layers_of_a_model_together_are_no_less_than_its_weights(
    starter_header: GgufHeader,
) -> None:
    need = estimate(starter_header, 2048)
    sizes = layer_sizes(starter_header, need)
    assert sizes.layers == starter_header.block_count + 1
    whole = starter_header.tensor_bytes + need.kv_cache
    assert whole <= sizes.each * starter_header.block_count <= whole + starter_header.block_count
