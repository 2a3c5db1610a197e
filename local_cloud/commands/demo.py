"""`demo`: the whole job once, on samples/, through the public HTTP API."""

import base64
import json
from argparse import Namespace
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from local_cloud.cloud import Cloud
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
            proof = prove_terraform(cloud) if cloud.terraform else None
    except Stopped:
        return 130
    annotated = _write_picture(report.annotated, Path(plan["group"]["file"]).stem)
    if options.json:
        answer(json.dumps(as_json(report, annotated) | ({"terraform": asdict(proof)} if proof else {})))
    else:
        answer(screen(report, annotated) + (proof.screen() if proof else ""))
    for mistake in report.mistakes:
        tell(f"not as expected: {mistake}")
    return 1 if report.mistakes or (proof and not proof.holds) else 0


@dataclass(frozen=True)
class Proof:
    """What Terraform did around the job. `destroyed` and `left` are None where the deployment was to be kept."""

    resources: int
    apply_seconds: float
    plan_seconds: float
    plan_is_clean: bool
    destroy_seconds: float | None = None
    left: int | None = None

    @property
    def holds(self) -> bool:
        return self.plan_is_clean and not self.left

    def screen(self) -> str:
        said = "No changes" if self.plan_is_clean else "there are changes"
        lines = [
            "Terraform",
            f"  apply                    {self.resources} resources, {self.apply_seconds:.1f} s",
            f"  second plan              {said}, {self.plan_seconds:.1f} s",
        ]
        if self.destroy_seconds is not None:
            lines.append(f"  destroy                  {self.left} resources left, {self.destroy_seconds:.1f} s")
        return "\n".join([*lines, ""])


def prove_terraform(cloud: Cloud) -> Proof:
    """A second plan; and, unless --data keeps the deployment, its end."""
    assert cloud.terraform is not None and cloud.applied is not None
    clean, planned = cloud.terraform.plan_is_clean()
    proof = Proof(len(cloud.terraform.resources()), cloud.applied.seconds, planned.seconds, clean)
    if cloud.settings.data is not None:
        return proof
    destroyed = cloud.terraform.destroy()
    left = len(cloud.terraform.resources())
    return replace(proof, destroy_seconds=destroyed.seconds, left=left)


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
