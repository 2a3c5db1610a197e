"""Lists the photos of the bucket with what is known of them."""

from dataclasses import dataclass

from faceprint.model.parameters import write_cursor
from faceprint.use_cases.describe_image import describe_object, describe_record
from faceprint.use_cases.ports import Answer, ImageRecords, ImageStore


@dataclass(frozen=True)
class ListImages:
    """The bucket is the truth: a photo that waits is listed as well as one that is indexed."""

    store: ImageStore
    images: ImageRecords

    def list(self, *, prefix: str, after: str | None, limit: int) -> Answer:
        """A page of at most limit (1..100) photos by name; `nextCursor` where there are more. Folders are left out."""
        objects, more = self.store.list(prefix=prefix, after=after, limit=limit)
        records = self.images.read_many([stored.key for stored in objects])
        images = []
        for stored in objects:
            if stored.is_folder:
                continue
            record = records.get(stored.key)
            finished = record is not None and record.is_final_for_etag(stored.version.etag)
            images.append(describe_record(record) if record is not None and finished else describe_object(stored))
        answer: Answer = {"images": images}
        if more:
            answer["nextCursor"] = write_cursor(objects[-1].key)
        return answer
