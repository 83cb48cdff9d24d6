from studio.app.allowance import Allowance


def test_after_a_piece_of_work_a_rest_is_due_as_long_as_it_was_dear() -> None:
    now = 100.0
    allowance = Allowance(lambda: now)
    assert allowance.is_there
    with allowance.spend():
        now += 0.01
    assert not allowance.is_there
    now += 0.2
    assert not allowance.is_there
    now += 0.1  # 4 % of a core: 10 ms of work are 250 ms of time
    assert allowance.is_there
    with allowance.spend():
        now += 0.1
    now += 2.0
    assert not allowance.is_there
