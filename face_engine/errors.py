"""Failures as Rekognition names them; `code` is what an AWS SDK turns into an exception class.

ServiceError                              400 unless said otherwise
├── ValidationError                       members break rules of the service's model: absent, out of range, too long …
├── InvalidParameterError                 parameters do not fit together, or there is no face where one is needed
├── InvalidImageFormatError               not a complete JPEG or PNG
├── ImageTooLargeError                    an object of too many bytes, a picture of too many pixels
├── InvalidS3ObjectError                  the object cannot be read
├── ResourceNotFoundError                 no such collection or user
├── ResourceAlreadyExistsError            the collection's name is taken
├── ConflictError                         the user's name is taken
├── IdempotentParameterMismatchError      a ClientRequestToken came before, with other parameters
├── ServiceQuotaExceededError             no room for more tags, or for more faces of a user
├── InvalidPaginationTokenError           a NextToken that this operation did not give
├── ModelMismatchError                    the collection holds faceprints of other models (InvalidParameterException)
├── ThrottlingError                       too many requests are waiting
├── ProvisionedThroughputExceededError    more requests per second than the quota
├── AccessDeniedError                     the engine has no credentials for S3
├── InternalServerError            (500)  a fault of the engine
└── refused before any operation runs
    ├── UnknownOperationError             not in the service, or not offered here
    ├── SerializationError                the body is not JSON of the right types
    ├── MissingAuthenticationTokenError   no Authorization header
    └── IncompleteSignatureError          an Authorization header that is not Signature Version 4
"""

from __future__ import annotations


class ServiceError(Exception):
    """Base of everything a caller sees as an error; the message tells what happened and what to do."""

    code = "InternalServerError"
    status = 400
    default_message = "Internal server error"

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or self.default_message)

    @property
    def message(self) -> str:
        return str(self)


class ValidationError(ServiceError):
    code = "ValidationException"


class InvalidParameterError(ServiceError):
    code = "InvalidParameterException"
    default_message = "Request has invalid parameters"


class NoFacesError(InvalidParameterError):
    """Clients recognise this case by its text alone."""

    default_message = "There are no faces in the image. Should be at least 1."


class NothingToCompareError(InvalidParameterError):
    """CompareFaces says no more when source or target shows no face."""

    default_message = "Request has Invalid Parameters"


class FaceMissingError(InvalidParameterError):
    """The collection has no such face, or not yet."""

    default_message = "faceId was not found in the collection"


class ModelMismatchError(InvalidParameterError):
    """Faceprints of different models say nothing about each other."""


class InvalidImageFormatError(ServiceError):
    code = "InvalidImageFormatException"
    default_message = "Request has invalid image format."


class ImageTooLargeError(ServiceError):
    code = "ImageTooLargeException"
    default_message = "Image size is too large."


class InvalidS3ObjectError(ServiceError):
    code = "InvalidS3ObjectException"
    default_message = "Unable to get object metadata from S3. Check object key, region and/or access permissions."


class ResourceNotFoundError(ServiceError):
    code = "ResourceNotFoundException"


class ResourceAlreadyExistsError(ServiceError):
    code = "ResourceAlreadyExistsException"


class ConflictError(ServiceError):
    code = "ConflictException"


class IdempotentParameterMismatchError(ServiceError):
    code = "IdempotentParameterMismatchException"
    default_message = "The ClientRequestToken was used before with other parameters. Use a new one for each request."


class ServiceQuotaExceededError(ServiceError):
    code = "ServiceQuotaExceededException"


class InvalidPaginationTokenError(ServiceError):
    code = "InvalidPaginationTokenException"
    default_message = "Invalid Token"


class ThrottlingError(ServiceError):
    code = "ThrottlingException"
    default_message = "Slow down; sudden increase in rate of requests."


class ProvisionedThroughputExceededError(ServiceError):
    code = "ProvisionedThroughputExceededException"
    default_message = "Provisioned Rate exceeded"


class AccessDeniedError(ServiceError):
    code = "AccessDeniedException"


class InternalServerError(ServiceError):
    code = "InternalServerError"
    status = 500


class UnknownOperationError(ServiceError):
    code = "UnknownOperationException"


class SerializationError(ServiceError):
    code = "SerializationException"


class MissingAuthenticationTokenError(ServiceError):
    code = "MissingAuthenticationTokenException"
    default_message = "Missing Authentication Token"


class IncompleteSignatureError(ServiceError):
    code = "IncompleteSignatureException"
