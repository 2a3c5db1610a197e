"""`demo`: the whole job once, on samples/, through the public HTTP API."""

import base64
import json
from argparse import Namespace
from pathlib import Path
from typing import Any

from local_cloud.commands.demo_job import Job, Report, read_plan
from local_cloud.commands.running import Stopped, running_cloud, settings_from
from local_cloud.commands.terminal import answer, tell
from local_cloud.settings import REPOSITORY

OUT = Path("out")


def run_demo(options: Namespace) -> int:
    """1 when an answer is not the expected one."""
    samples = REPOSITORY / "samples"
    plan = read_plan(samples / "samples.yaml")
    try:
        with running_cloud(settings_from(options), announced=False) as cloud:
            job = Job(cloud.addresses.url, cloud.addresses.apiKey, samples)
            report = job.run(plan)
    except Stopped:
        return 130
    annotated = _write_picture(report.annotated, Path(plan["group"]["file"]).stem)
    if options.json:
        answer(json.dumps(as_json(report, annotated)))
    else:
        answer(screen(report, annotated))
    for mistake in report.mistakes:
        tell(f"not as expected: {mistake}")
    return 1 if report.mistakes else 0


def _write_picture(content: str, stem: str) -> Path:
    OUT.mkdir(exist_ok=True)
    path = OUT / f"{stem}-annotated.jpg"
    path.write_bytes(base64.b64decode(content))
    return path


def as_json(report: Report, annotated: Path) -> dict[str, Any]:
    """The line of `demo --json`."""
    return {
        "indexed": report.indexed,
        "searches": report.searches,
        "identified": report.identified,
        "annotated": str(annotated),
    }


def screen(report: Report, annotated: Path) -> str:
    """What a person reads."""
    lines = ["", "Indexed"]
    for photo in report.indexed:
        faces = ", ".join(f"{face['name'] or '-'} ({face['FaceId']})" for face in photo["faces"])
        lines.append(f"  {photo['file']:<24} {faces}")
    lines += ["", "Searched (photos that are not in the library)"]
    for search in report.searches:
        found = ", ".join(f"{match['name']} {match['Similarity']:.1f} %" for match in search["matches"])
        lines.append(f"  {search['file']:<24} {search['outcome']:<10} {found}".rstrip())
    lines += ["", f"Identified on {report.identified['file']}, left to right"]
    lines += [f"  {face['name'] or '-':<24} {face['outcome']}" for face in report.identified["faces"]]
    lines += ["", f"The picture with boxes and names: {annotated}", ""]
    return "\n".join(lines)
