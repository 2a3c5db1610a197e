"""What requests cost."""

from collections.abc import Mapping

_FREE = ("DeleteFaces", "ListFaces")


def estimate_usd(calls: Mapping[str, int], price: float) -> float:
    """US dollars for calls of Rekognition by operation, at `price` an image; what looks at no image is free."""
    return round(sum(count for name, count in calls.items() if name not in _FREE) * price, 6)
