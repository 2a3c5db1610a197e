"""`status`: what runs, read from the running cloud itself."""

import json
from argparse import Namespace
from typing import Any

import requests

from local_cloud.commands.terminal import answer, tell
from local_cloud.state import RunningState, find_running


def run_status(options: Namespace) -> int:
    """0 when a cloud answers, 1 when none does."""
    state = find_running(options.data)
    facts = describe(state) if state else {"up": False}
    if options.json:
        answer(json.dumps(facts))
    else:
        tell(screen(facts))
    return 0 if facts["up"] else 1


def describe(state: RunningState) -> dict[str, Any]:
    """The cloud's own account, `up` false when its process is there but does not answer."""
    try:
        answer = requests.get(f"{state.addresses['awsEndpoint']}/_local/status", timeout=5)
        return {"up": True, "pid": state.pid, "data": state.data, **state.addresses, **answer.json()}
    except requests.RequestException:
        return {"up": False, "pid": state.pid}


def screen(facts: dict[str, Any]) -> str:
    """For people."""
    if not facts["up"]:
        return f"process {facts['pid']} does not answer" if "pid" in facts else "no local cloud is running here"
    workers = "\n".join(f"             {name}: {pids}" for name, pids in facts["workers"].items())
    queues = "\n".join(
        f"             {name}: {depth['visible']} waiting, {depth['inFlight']} in flight"
        for name, depth in facts["queues"].items()
    )
    return f"""up           process {facts["pid"]}, engine {facts["engine"]["pid"]} ({facts["engine"]["health"]})
API          {facts["url"]}
AWS          {facts["awsEndpoint"]}
data         {facts["data"]}
images       {facts["images"]}, {facts["faces"]} faces
alarms       {", ".join(facts["alarms"]) or "none"}
queues
{queues}
workers
{workers}"""
