"""The flag that ends an evaluation, as llama.cpp sees it."""

import ctypes

from studio.engine.interrupt import Interrupt


def seen_by_llama_cpp(interrupt: Interrupt) -> bool:
    """Call the callback as ggml does: a `bool (*)(void *)`."""
    callback = ctypes.cast(interrupt.callback, ctypes.CFUNCTYPE(ctypes.c_bool, ctypes.c_void_p))
    return bool(callback(interrupt.data))


def test_it_is_down_at_first() -> None:
    interrupt = Interrupt()
    assert not interrupt.is_set()
    assert not seen_by_llama_cpp(interrupt)


def test_up_and_down_any_number_of_times() -> None:
    interrupt = Interrupt()
    for _ in range(3):
        interrupt.set()
        interrupt.set()
        assert interrupt.is_set()
        assert seen_by_llama_cpp(interrupt)
        interrupt.clear()
        interrupt.clear()
        assert not interrupt.is_set()
        assert not seen_by_llama_cpp(interrupt)


def test_each_has_its_own_flag() -> None:
    one, other = Interrupt(), Interrupt()
    one.set()
    assert not other.is_set()
    assert not seen_by_llama_cpp(other)


def test_those_who_wait_are_called_until_they_leave() -> None:
    interrupt, called = Interrupt(), list[str]()
    with interrupt.ending(lambda: called.append("a")):
        with interrupt.ending(lambda: called.append("b")):
            interrupt.set()
            assert called == ["a", "b"]
        interrupt.set()
        assert called == ["a", "b", "a"]
        with interrupt.ending(lambda: called.append("late")):
            assert called[3:] == ["late"], "it was asked for before"
    interrupt.set()
    assert called[4:] == []


def test_it_waits_for_nobody() -> None:
    """A signal may raise it in the midst of what the thread does."""
    interrupt = Interrupt()
    with interrupt._lock:
        interrupt.set()
    assert interrupt.is_set()
