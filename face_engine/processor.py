"""What `auto` precision means on this machine: 8 bits where the processor multiplies them in one step, else floats."""

from __future__ import annotations

import platform
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from face_engine.vision.model_files import Precision

PrecisionChoice = Literal["auto", "int8", "fp32"]

DOT_PRODUCTS = frozenset({"avx512_vnni", "avx512vnni", "avx_vnni", "avxvnni", "asimddp", "i8mm"})
"""Features of x86 and arm64 that multiply and add 8-bit numbers in one instruction, as Linux and macOS name them."""

ARM_MAC_ANSWER = "hw.optional.arm.FEAT_DotProd: 1"
CPU_INFO = Path("/proc/cpuinfo")


def describe_processor() -> str:
    """What the system tells of the processor's features; empty where it is not known how to ask."""
    if platform.system() == "Darwin":
        names = ["hw.optional.arm.FEAT_DotProd", "machdep.cpu.leaf7_features"]  # one of them is unknown to each Mac
        done = subprocess.run(["/usr/sbin/sysctl", *names], capture_output=True, text=True, check=False)  # noqa: S603 - fixed arguments
        return done.stdout
    return CPU_INFO.read_text(errors="replace") if CPU_INFO.is_file() else ""


def has_dot_products(description: str) -> bool:
    """Whether a description as `describe_processor` gives it names one of `DOT_PRODUCTS`."""
    return ARM_MAC_ANSWER in description or not DOT_PRODUCTS.isdisjoint(description.lower().split())


def choose_precision(wanted: PrecisionChoice, describe: Callable[[], str] = describe_processor) -> Precision:
    """`auto` is int8 where that is known to be faster, and fp32 elsewhere; anything else is what was asked for.

    By what the processor is, not by how fast it was just now: a measurement on a busy machine could choose otherwise
    at the next start, and faceprints of the two precisions cannot be compared.
    """
    if wanted != "auto":
        return wanted
    return "int8" if has_dot_products(describe()) else "fp32"
