"""How many invocations run at once: reserved parts are their functions' alone, and the others share the rest."""

import pytest

from local_cloud.lambda_runtime.concurrency import Concurrency
from local_cloud.lambda_runtime.model import TooManyRequestsError

ACCOUNT = "ConcurrentInvocationLimitExceeded"
RESERVED = "ReservedFunctionConcurrentInvocationLimitExceeded"


def refusal(concurrency: Concurrency, function: str) -> str:
    """Lambda's reason; empty where one more has begun."""
    try:
        concurrency.begin(function)
    except TooManyRequestsError as exc:
        return str(exc)
    return ""


def test_functions_share_the_accounts_concurrency() -> None:
    concurrency = Concurrency(3)

    begun = [refusal(concurrency, function) for function in ("a", "a", "b", "b")]
    concurrency.end("a")

    assert begun == ["", "", "", ACCOUNT]
    assert refusal(concurrency, "b") == ""


def test_what_is_reserved_is_taken_from_all_others_and_limits_its_function() -> None:
    concurrency = Concurrency(3)
    concurrency.reserve("a", 2)

    begun = [refusal(concurrency, function) for function in ("b", "b", "a", "a", "a")]

    assert begun == ["", ACCOUNT, "", "", RESERVED]


def test_a_function_with_nothing_reserved_to_it_is_stopped_and_takes_nothing_from_others() -> None:
    concurrency = Concurrency(1)
    concurrency.reserve("a", 0)

    assert (concurrency.is_stopped("a"), concurrency.is_stopped("b")) == (True, False)
    assert [refusal(concurrency, function) for function in ("a", "b")] == [RESERVED, ""]


@pytest.mark.parametrize(("reserved", "then"), [(1, ACCOUNT), (5, "")])
def test_a_reservation_that_ends_gives_its_running_invocations_to_the_account(reserved: int, then: str) -> None:
    concurrency = Concurrency(reserved)
    concurrency.reserve("a", 1)
    concurrency.begin("a")

    concurrency.reserve("a", None)

    assert refusal(concurrency, "b") == then
