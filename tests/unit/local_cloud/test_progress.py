"""How far Terraform is, counted in its own words and shown to whoever watches."""

import io

from local_cloud.commands.terminal import CountedResources
from local_cloud.provision.progress import Counter

OUTPUT = """
aws_sqs_queue.index: Refreshing state...
Plan: 2 to add, 1 to change, 0 to destroy.
aws_sqs_queue.index: Creating...
aws_sqs_queue.index: Still creating... [10s elapsed]
aws_sqs_queue.index: Creation complete after 25s [id=x]
module.function["info"].aws_iam_role.this: Modifications complete after 0s [id=y]
aws_s3_bucket.photos: Creation complete after 1s [id=z]
Apply complete! Resources: 2 added, 1 changed, 0 destroyed.
"""


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def counted(stream: io.StringIO, *, seconds_a_line: float = 0.0) -> str:
    now = iter(range(1000))
    counter = Counter("apply", CountedResources(stream, clock=lambda: next(now) * seconds_a_line))
    for line in OUTPUT.splitlines(keepends=True):
        counter.read(line)
    return stream.getvalue()


def test_a_terminal_shows_one_line_that_counts() -> None:
    shown = counted(Terminal())

    assert shown.split("\r")[1:] == [f"terraform apply: {done} of 3 resources" for done in (0, 1, 2)] + [
        "terraform apply: 3 of 3 resources\n"
    ]


def test_elsewhere_a_line_comes_now_and_then_and_at_the_end() -> None:
    assert counted(io.StringIO()) == "terraform apply: 3 of 3 resources\n"
    assert counted(io.StringIO(), seconds_a_line=6).splitlines()[-1] == "terraform apply: 3 of 3 resources"
    assert counted(io.StringIO(), seconds_a_line=6).count("\n") in (2, 3)


def test_nothing_to_do_is_nothing_to_show() -> None:
    stream = Terminal()

    Counter("apply", CountedResources(stream)).read("No changes. Your infrastructure matches the configuration.\n")

    assert stream.getvalue() == ""
