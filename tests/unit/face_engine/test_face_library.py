"""Store and memory as one, also while a collection is being read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from face_engine.face_library import FaceLibrary
from face_engine.face_store import FaceStore
from face_engine.records import Box, Collection, ImageOfFaces, NewFace

PAGE = 4
VECTORS = np.eye(128, dtype=np.float32)


class WatchedStore(FaceStore):
    """Calls `on_page` when a page of faceprints was read, before anybody has it."""

    on_page: Callable[[], None] = staticmethod(lambda: None)

    def load_faceprints(self, collection: Collection, *, limit: int, **rest: int):
        page = super().load_faceprints(collection, limit=limit, **rest)
        if limit > 0:
            self.on_page()
        return page


@pytest.fixture
def store(tmp_path: Path) -> Iterator[WatchedStore]:
    store = WatchedStore(tmp_path)
    store.create_collection("people", model_version="1", created_at=0, tags={})
    yield store
    store.close()


def add_face(library: FaceLibrary, number: int) -> None:
    collection = library.store.get_collection("people")
    face = NewFace(f"face-{number}", Box(number / 100, 0, 0.1, 0.1), 90.0, VECTORS[number])
    library.add_faces(collection, ImageOfFaces(f"image-{number}", str(number).encode(), None), [face])


def find(library: FaceLibrary, *, limit: int = 100) -> list[str]:
    """Ids of the faces nearest to the first."""
    collection = library.store.get_collection("people")
    return [found.face.face_id for found in library.search(collection, VECTORS[0], limit=limit, threshold=0)]


def test_all_pages_are_read(store: WatchedStore) -> None:
    library = FaceLibrary(store, page=PAGE)
    for number in range(3 * PAGE):
        add_face(library, number)

    found = find(FaceLibrary(store, page=PAGE))

    assert set(found) == {f"face-{number}" for number in range(3 * PAGE)}


def test_changes_while_a_collection_is_read_are_found_by_the_search_that_reads_it(store: WatchedStore) -> None:
    library = FaceLibrary(store, page=PAGE)
    for number in range(6):
        add_face(library, number)
    changes = iter([0, 5])

    def change() -> None:
        number = next(changes)
        library.delete_faces(store.get_collection("people"), [f"face-{number}"])
        add_face(library, 10 + number)

    store.on_page = change

    found = set(find(library))

    assert found == {"face-1", "face-2", "face-3", "face-4", "face-10", "face-15"}


def test_face_that_is_deleted_while_it_is_read_takes_no_place_among_the_best(store: WatchedStore) -> None:
    library = FaceLibrary(store, page=PAGE)
    for number in range(2):
        add_face(library, number)
    store.on_page = lambda: library.delete_faces(store.get_collection("people"), ["face-0"])

    found = find(library, limit=1)

    assert found == ["face-1"]


def test_face_of_a_picture_indexed_twice_is_found_once(store: WatchedStore) -> None:
    library = FaceLibrary(store, page=PAGE)
    find(library)
    add_face(library, 1)
    add_face(library, 1)

    found = find(library)

    assert found == ["face-1"]
