import pytest

from calls.vendors.budget import Budget, Spent


def test_what_fits_goes_at_once():
    budget = Budget(3, 60)
    assert [budget.take(at, patience=0) for at in (0, 0, 1)] == [0, 0, 0]


def test_what_does_not_waits_for_the_first_to_lie_back_far_enough():
    budget = Budget(2, 60)
    budget.take(0, patience=0)
    budget.take(10, patience=0)
    assert budget.take(58, patience=5) == 2
    assert budget.take(68, patience=5) == 2, "the second one lies at 10, the third went at 60"


def test_who_would_wait_too_long_takes_no_place():
    budget = Budget(1, 60)
    budget.take(0, patience=0)
    with pytest.raises(Spent) as spent:
        budget.take(20, patience=5)
    assert spent.value.seconds == 40
    assert budget.take(60, patience=0) == 0


def test_never_more_than_the_limit_in_any_span():
    budget, sent = Budget(5, 100), []
    for now in range(400):
        try:
            sent.append(now + budget.take(now, patience=30))
        except Spent:
            pass
    assert len(sent) > 15
    assert all(later - earlier >= 100 for earlier, later in zip(sent, sent[5:], strict=False))
