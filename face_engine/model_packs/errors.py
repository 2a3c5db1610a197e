"""What can be wrong with a pack; free of the libraries that run models, so that commands can name it and stay quick."""

from __future__ import annotations

from pathlib import Path


class PackError(RuntimeError):
    """A pack cannot be used; `mistakes` has everything that is wrong with it."""

    def __init__(self, folder: Path, mistakes: list[str]) -> None:
        self.mistakes = mistakes
        super().__init__(f"the model pack {folder} cannot be used: {'; '.join(mistakes)}")
