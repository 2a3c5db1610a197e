"""All use cases on stores in memory, wired as the functions are."""

from dataclasses import dataclass, field
from functools import cached_property

from faceprint.model.records import ObjectEvent, ObjectVersion
from faceprint.use_cases.compare_faces import CompareFaces
from faceprint.use_cases.describe_image import DescribeImage, ReadImage
from faceprint.use_cases.erase_image import EraseImage
from faceprint.use_cases.identify_faces import IdentifyFaces
from faceprint.use_cases.index_image import IndexImage
from faceprint.use_cases.join_matches import JoinMatches
from faceprint.use_cases.keep_faces import KeepFaces
from faceprint.use_cases.list_images import ListImages
from faceprint.use_cases.search_faces import SearchFaces
from faceprint.use_cases.upload_image import UploadImage
from fakes.faces import FakeFaceCollection
from fakes.stores import ManualClock, MemoryFaceRecords, MemoryImageStore, MemoryRecords, PlainLinks


@dataclass
class World:
    """A bucket, a collection, two tables, and what works on them."""

    clock: ManualClock = field(default_factory=ManualClock)
    store: MemoryImageStore = field(default_factory=MemoryImageStore)

    def __post_init__(self) -> None:
        self.records = MemoryRecords(self.clock)
        self.faces = MemoryFaceRecords(self.records)
        self.collection = FakeFaceCollection(self.store)
        self._attempt = 0

    def index(self, key: str, *, version: ObjectVersion | None = None, owner: str = "", seconds: float = 30) -> dict:
        """What the index function does with one event of this key."""
        self._attempt += 1
        event = ObjectEvent(key, version=version)
        return self.index_image.reconcile(event, owner=owner or f"a{self._attempt}", seconds=seconds)

    def announce(self, key: str, version: ObjectVersion) -> None:
        """The queue takes an event; tests that deliver events replace it."""

    def put(self, key: str, data: bytes, **metadata: str) -> None:
        """An object that came by other means than our API, and is indexed."""
        self.store.put(key, data, metadata=metadata)
        self.index(key)

    def disagreements(self) -> list[str]:
        """What bucket, tables and collection say differently of each other."""
        rows = {key: row.record for key, row in self.records.rows.items() if row.record is not None}
        found = [f"{key} has a row but no object" for key in self.records.rows if key not in self.store.versions]
        found += [f"{key} has no finished row" for key in self.store.versions if key not in rows]
        told = sorted(face for record in rows.values() for face in record.face_ids)
        found += [] if told == sorted(self.records.faces) else ["faces of images and face rows differ"]
        found += [] if told == sorted(self.collection.faces) else ["faces of images and collection differ"]
        for key, record in rows.items():
            stored = self.store.find(key)
            if stored and record.version != stored.version:
                found.append(f"{key} is indexed in another version")
        return found

    @cached_property
    def index_image(self) -> IndexImage:
        return IndexImage(
            self.store,
            self.collection,
            self.records,
            self.clock,
            bucket="bucket",
            collection_id="collection",
            max_faces=100,
            quality_filter="AUTO",
            attributes=("DEFAULT",),
        )

    @cached_property
    def erase_image(self) -> EraseImage:
        return EraseImage(self.store, self.collection, self.records, self.clock)

    @cached_property
    def upload_image(self) -> UploadImage:
        return UploadImage(self.store, self.records, DescribeImage(self.faces), self.announce, self.clock, 10.0)

    @cached_property
    def read_image(self) -> ReadImage:
        return ReadImage(self.store, self.records, DescribeImage(self.faces), PlainLinks())

    @cached_property
    def list_images(self) -> ListImages:
        return ListImages(self.store, self.records)

    @cached_property
    def keep_faces(self) -> KeepFaces:
        return KeepFaces(self.collection, self.faces, self.records)

    @cached_property
    def search_faces(self) -> SearchFaces:
        return SearchFaces(self.collection, self.faces, JoinMatches(self.faces, PlainLinks()))

    @cached_property
    def identify_faces(self) -> IdentifyFaces:
        return IdentifyFaces(self.collection, JoinMatches(self.faces, PlainLinks()), self.clock, concurrency=8)

    @cached_property
    def compare_faces(self) -> CompareFaces:
        return CompareFaces(self.collection, self.store, self.faces)
