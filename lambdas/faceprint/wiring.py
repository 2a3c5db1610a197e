"""Joins use cases and stores. Everything is made when it is first asked for, and then kept while the function lives.

They are imported then as well: a function needs a few of them, and what others need, boto3 and Pillow above all, would
cost it at every cold start.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, cached_property
from typing import TYPE_CHECKING

from faceprint.aws.call_counter import CallCounter
from faceprint.model.configuration import Settings
from faceprint.settings import read_settings

if TYPE_CHECKING:
    from faceprint.aws.clients import Clients
    from faceprint.aws.face_collection import FaceCollection
    from faceprint.aws.face_records import FaceRecords
    from faceprint.aws.image_records import ImageRecords
    from faceprint.aws.image_store import ImageStore
    from faceprint.aws.index_queue import IndexQueue
    from faceprint.aws.links import Links
    from faceprint.use_cases.compare_faces import CompareFaces
    from faceprint.use_cases.create_upload import CreateUpload
    from faceprint.use_cases.describe_image import DescribeImage, ReadImage
    from faceprint.use_cases.detect_faces import DetectFaces
    from faceprint.use_cases.erase_image import EraseImage
    from faceprint.use_cases.identify_faces import IdentifyFaces
    from faceprint.use_cases.index_image import IndexImage
    from faceprint.use_cases.join_matches import JoinMatches
    from faceprint.use_cases.keep_faces import KeepFaces
    from faceprint.use_cases.list_images import ListImages
    from faceprint.use_cases.search_faces import SearchFaces
    from faceprint.use_cases.upload_image import UploadImage


class SystemClock:
    """The machine's time."""

    def now(self) -> float:
        return time.time()

    def datetime(self) -> datetime:
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


@dataclass(frozen=True)
class Wiring:
    """What the handlers call."""

    settings: Settings
    counter: CallCounter
    """The AWS calls of the present request."""

    @cached_property
    def clients(self) -> Clients:
        from faceprint.aws.clients import Clients

        return Clients(self.counter)

    @cached_property
    def upload_image(self) -> UploadImage:
        from faceprint.use_cases.upload_image import UploadImage

        return UploadImage(
            self._store,
            self._images,
            self._describe,
            # Seldom needed, so its client is made then.
            lambda key, version: self.index_queue.announce(self.settings.bucket, key, version),
            SystemClock(),
            self.settings.upload_wait_seconds,
        )

    @cached_property
    def index_image(self) -> IndexImage:
        from faceprint.use_cases.index_image import IndexImage

        return IndexImage(
            self._store,
            self._collection,
            self._images,
            SystemClock(),
            bucket=self.settings.bucket,
            collection_id=self.settings.collection,
            max_faces=self.settings.max_faces,
            quality_filter=self.settings.quality_filter,
            attributes=self.settings.attributes,
        )

    @cached_property
    def index_queue(self) -> IndexQueue:
        from faceprint.aws.index_queue import IndexQueue

        return IndexQueue(self.clients.make("sqs"), self.settings.need("index_queue_url"))

    @cached_property
    def erase_image(self) -> EraseImage:
        from faceprint.use_cases.erase_image import EraseImage

        return EraseImage(self._store, self._collection, self._images, SystemClock())

    @cached_property
    def read_image(self) -> ReadImage:
        from faceprint.use_cases.describe_image import ReadImage

        return ReadImage(self._store, self._images, self._describe, self._links)

    @cached_property
    def list_images(self) -> ListImages:
        from faceprint.use_cases.list_images import ListImages

        return ListImages(self._store, self._images)

    @cached_property
    def create_upload(self) -> CreateUpload:
        from faceprint.use_cases.create_upload import CreateUpload

        return CreateUpload(self._links, self.settings.link_expiry_seconds)

    @cached_property
    def keep_faces(self) -> KeepFaces:
        from faceprint.use_cases.keep_faces import KeepFaces

        return KeepFaces(self._collection, self._faces, self._images)

    @cached_property
    def search_faces(self) -> SearchFaces:
        from faceprint.use_cases.search_faces import SearchFaces

        return SearchFaces(self._collection, self._faces, self._matches)

    @cached_property
    def identify_faces(self) -> IdentifyFaces:
        from faceprint.use_cases.identify_faces import IdentifyFaces

        return IdentifyFaces(
            self._one_attempt_collection, self._matches, SystemClock(), self.settings.search_concurrency
        )

    @cached_property
    def detect_faces(self) -> DetectFaces:
        from faceprint.use_cases.detect_faces import DetectFaces

        return DetectFaces(self._collection)

    @cached_property
    def compare_faces(self) -> CompareFaces:
        from faceprint.use_cases.compare_faces import CompareFaces

        return CompareFaces(self._collection, self._store, self._faces)

    @cached_property
    def _store(self) -> ImageStore:
        from faceprint.aws.image_store import ImageStore

        return ImageStore(self.clients.s3, self.settings.need("bucket"))

    @cached_property
    def _collection(self) -> FaceCollection:
        from faceprint.aws.face_collection import FaceCollection

        return FaceCollection(self.clients.make("rekognition"), self.settings.need("collection"))

    @cached_property
    def _one_attempt_collection(self) -> FaceCollection:
        from faceprint.aws.face_collection import FaceCollection

        return FaceCollection(self.clients.make("rekognition", attempts=1), self.settings.need("collection"))

    @cached_property
    def _images(self) -> ImageRecords:
        from faceprint.aws.image_records import ImageRecords

        return ImageRecords(self.clients.dynamodb, self.settings.need("images_table"), self.settings.need("table"))

    @cached_property
    def _faces(self) -> FaceRecords:
        from faceprint.aws.face_records import FaceRecords

        return FaceRecords(self.clients.dynamodb, self.settings.need("table"))

    @cached_property
    def _matches(self) -> JoinMatches:
        from faceprint.use_cases.join_matches import JoinMatches

        return JoinMatches(self._faces, self._links)

    @cached_property
    def _describe(self) -> DescribeImage:
        from faceprint.use_cases.describe_image import DescribeImage

        return DescribeImage(self._faces)

    @cached_property
    def _links(self) -> Links:
        from faceprint.aws.links import Links

        return Links(
            self.clients.s3, self.clients.credentials(), self.settings.bucket, self.settings.link_expiry_seconds
        )


@cache
def get_wiring() -> Wiring:
    """The wiring of this process. Raises MisconfiguredError when the environment is wrong."""
    return Wiring(read_settings(), CallCounter())
