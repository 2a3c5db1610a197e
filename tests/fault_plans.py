"""Gives a running local cloud a plan of faults."""

from typing import Any

import requests

from local_world import LocalCloud


def put_faults(cloud: LocalCloud, **plan: Any) -> None:
    """From now on."""
    answer = requests.put(_page(cloud), json=plan, timeout=10)
    assert answer.status_code == 200, answer.text


def end_faults(cloud: LocalCloud) -> None:
    requests.delete(_page(cloud), timeout=10).raise_for_status()


def fault_report(cloud: LocalCloud) -> dict[str, Any]:
    """The plan, and how often each rule met something and struck it."""
    report: dict[str, Any] = requests.get(_page(cloud), timeout=10).json()
    return report


def struck(cloud: LocalCloud) -> list[int]:
    """How often each rule about calls has struck."""
    return [rule["struck"] for rule in fault_report(cloud)["calls"]]


def _page(cloud: LocalCloud) -> str:
    return f"{cloud.addresses['awsEndpoint']}/_local/faults"
