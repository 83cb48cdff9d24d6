import pytest

from studio.engine.machine_address import is_own_network, parse_address
from studio.engine.messages import LoadOptions


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("192.168.1.20:50052", "192.168.1.20:50052"),
        (" Cellar.local:1 ", "cellar.local:1"),
        ("localhost:65535", "localhost:65535"),
        ("a_b-c.example:080", "a_b-c.example:80"),
    ],
)
def test_an_address(text: str, meant: str) -> None:
    assert str(parse_address(text)) == meant
    assert LoadOptions(machines=(text, meant)).machines == (meant,), "each once"


@pytest.mark.parametrize(
    "text",
    [
        *("", "cellar", "cellar:", ":50052", "cellar:0", "cellar:65536", "cellar:5005x"),
        *("cellar:50052:1", "::1:50052", "[::1]:50052", "http://cellar:50052", "a b:1", "-a:1"),
        *("192.168.1:50052", "192.168.1.256:50052", "1.2.3.4.5:1", "cellar:٣", "a..b:1"),
        *("cellar\n:1", "a" * 64 + ":1", "a." * 130 + "a:1", "cellar:000001"),
    ],
)
def test_what_llama_cpp_could_not_take_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="HOST:PORT"):
        parse_address(text)
    with pytest.raises(ValueError, match="HOST:PORT"):
        LoadOptions(machines=(text,))


def test_only_networks_that_no_router_of_the_internet_leads_to_are_ones_own() -> None:
    own = ("127.0.0.1", "127.9.9.9", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.0.9")
    assert all(map(is_own_network, (*own, "169.254.1.1")))
    others = ("8.8.8.8", "172.32.0.1", "172.15.0.1", "192.169.0.1", "11.0.0.1", "0.0.0.0")
    assert not any(map(is_own_network, (*others, "100.64.0.1", "224.0.0.1", "255.255.255.255")))


@pytest.mark.parametrize("split", [(-1.0,), (float("nan"),), (float("inf"),), (1.0,) * 17])
def test_shares_are_numbers_from_nothing(split: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="tensor_split"):
        LoadOptions(tensor_split=split)


def test_no_more_machines_than_can_be_used() -> None:
    with pytest.raises(ValueError, match="found 9; allowed are 8"):
        LoadOptions(machines=tuple(f"10.0.0.{number}:1" for number in range(9)))
