import io
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.error_trace import print_trace, trace_of

MARK = "the old fisherman"


class OursError(TypeError):
    pass


def raised(error: BaseException, cause: BaseException | None = None) -> BaseException:
    secret = MARK.upper()
    try:
        if cause is not None:
            raise error from cause
        raise error
    except BaseException as found:
        assert secret
        return found


@pytest.mark.parametrize(
    "error",
    [
        ValueError(MARK),
        KeyError(MARK),
        OursError(MARK),
        RuntimeError(MARK),
        AssertionError(MARK),
        FileNotFoundError(2, "No such file", f"/home/{MARK}.txt"),
        UnicodeEncodeError("utf-8", MARK, 0, 1, MARK),
        ExceptionGroup(MARK, [ValueError(MARK)]),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_trace_names_type_and_place_and_no_word_or_value(error: BaseException) -> None:
    error.add_note(MARK)
    trace = trace_of(raised(error))
    assert trace.startswith("Traceback (most recent call last):\n")
    assert type(error).__name__ in trace.splitlines()[-1]
    assert "in raised\n    raise error\n" in trace
    assert MARK.lower() not in trace.lower()


@given(st.text(min_size=8), st.sampled_from((ValueError, KeyError, LookupError, Exception)))
def test_no_text_comes_through_an_error(text: str, kind: type[Exception]) -> None:
    marked = f"{MARK}{text}{MARK}"
    trace = trace_of(raised(kind(marked), cause=raised(KeyError(marked))))
    assert MARK not in trace
    assert trace.count("Traceback") == 2


def test_of_what_is_wrong_with_the_code_the_words_stay() -> None:
    try:
        None.edit(MARK)  # type: ignore[attr-defined]  # the mistake
    except AttributeError as error:
        said = trace_of(error)
    assert "AttributeError: 'NoneType' object has no attribute 'edit'" in said
    deleted = RuntimeError("Internal C++ object (QTimer) already deleted.")
    assert trace_of(deleted) == f"RuntimeError: {deleted}\n"
    assert "No space left on device" in trace_of(OSError(28, MARK))


def test_causes_come_first_and_a_circle_of_them_ends() -> None:
    inner = raised(KeyError(MARK))
    trace = trace_of(raised(ValueError(MARK), inner))
    assert trace.index("KeyError") < trace.index("direct cause") < trace.index("ValueError")
    outer = raised(ValueError("x"), inner)
    inner.__cause__ = outer
    assert trace_of(outer).count("Traceback") == 2


def test_an_endless_recursion_is_reported_in_a_few_lines() -> None:
    def again() -> None:
        again()

    with pytest.raises(RecursionError) as found:
        again()
    assert len(trace_of(found.value).splitlines()) < 20


def test_an_error_that_cannot_say_what_it_is() -> None:
    class Silent(Exception):
        def __str__(self) -> str:
            raise ZeroDivisionError

    assert "Silent" in trace_of(Silent())


def test_source_files_are_named_from_their_package_on() -> None:
    try:
        threading.Thread(target=None, args=3)  # type: ignore[arg-type]  # the mistake
        (lambda: 1 / 0)()
    except (ZeroDivisionError, TypeError) as error:
        trace = trace_of(error)
    assert 'File "tests/test_error_trace.py"' in trace
    assert __file__ not in trace


def test_it_is_printed_where_there_is_somewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    print_trace(ValueError(MARK), stream)
    assert stream.getvalue().startswith("ValueError (")
    monkeypatch.setattr("sys.stderr", None)
    print_trace(ValueError(MARK))
