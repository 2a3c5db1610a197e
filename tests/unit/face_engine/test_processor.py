"""Which precision `auto` takes, by what systems tell of their processors."""

from __future__ import annotations

import pytest

from face_engine.processor import PrecisionChoice, choose_precision

XEON = "processor\t: 0\nflags\t\t: fpu sse2 avx2 avx512f avx512_vnni amx_int8\nbugs\t\t: spectre_v1\n"
ALDER_LAKE = "flags\t\t: fpu avx2 avx_vnni\n"
SKYLAKE = "flags\t\t: fpu avx2 avx512f avx512dq avx512_vbmi2\n"
GRAVITON = "Features\t: fp asimd crc32 asimddp sve i8mm\n"
RASPBERRY_4 = "Features\t: fp asimd evtstrm crc32 cpuid\n"
APPLE_M1 = "hw.optional.arm.FEAT_DotProd: 1\n"
APPLE_WITHOUT = "hw.optional.arm.FEAT_DotProd: 0\n"
INTEL_MAC = "machdep.cpu.leaf7_features: RDWRFSGS AVX2 AVX512F AVX512VNNI\n"


@pytest.mark.parametrize("description", [XEON, ALDER_LAKE, GRAVITON, APPLE_M1, INTEL_MAC])
def test_eight_bits_where_the_processor_multiplies_them_in_one_step(description: str) -> None:
    assert choose_precision("auto", lambda: description) == "int8"


@pytest.mark.parametrize("description", [SKYLAKE, RASPBERRY_4, APPLE_WITHOUT, ""])
def test_floats_where_it_does_not_or_nobody_knows(description: str) -> None:
    assert choose_precision("auto", lambda: description) == "fp32"


@pytest.mark.parametrize(("wanted", "description"), [("int8", SKYLAKE), ("fp32", XEON)])
def test_what_is_asked_for_wins_over_the_processor(wanted: PrecisionChoice, description: str) -> None:
    assert choose_precision(wanted, lambda: description) == wanted
