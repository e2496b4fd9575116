"""Every error a person or a program can meet, as one tree.

    HoldfastError                    500 internal
    ├── InvalidRequest               400 invalid_request
    │   ├── UnsafeSettings           500 unsafe_settings       (at start, never on the wire)
    │   ├── UnsupportedParameter     400 unsupported_parameter
    │   └── OutboundRefused          400 outbound_refused      (a host or address nobody named)
    ├── NotSignedIn                  401 not_signed_in
    │   ├── ClaimsExpired            401 claims_expired        (what a provider said is too old to count)
    │   └── SignInRefused            401 sign_in_refused       (what a provider, proxy or account said)
    │       ├── GroupOverage         401 group_overage         (a provider left the groups out: too many)
    │       └── UnknownKey           401 unknown_key           (signed with a key that is not known)
    ├── Forbidden                    403 forbidden             (you may know of it, not do it)
    │   └── CsrfFailed               403 csrf_failed
    ├── NotFound                     404 not_found             (missing, or not yours to know of)
    ├── MethodNotAllowed             405 method_not_allowed
    ├── Conflict                     409 conflict
    │   └── TooManyRemovals          409 too_many_removals     (a sync would take most of its documents away)
    ├── TooLarge                     413 too_large
    ├── UnsupportedMedia             415 unsupported_media_type
    ├── TooManyRequests              429 too_many_requests
    ├── DocumentUnreadable           422 document_unreadable   (the document's fault: retrying is no use)
    │   ├── DocumentCorrupt          422 corrupt
    │   ├── DocumentEncrypted        422 password
    │   ├── DocumentEmpty            422 no_text
    │   ├── DocumentNeedsOcr         422 needs_ocr
    │   ├── DocumentGarbled          422 garbled
    │   └── DocumentOverLimit        422 limit
    ├── AnswerUnfit                  422 answer_unfit          (the model's text is not JSON of the schema)
    ├── AnswerUnsupported            422 answer_unsupported    (no source states a value that must be there)
    ├── Unavailable                  503 unavailable           (a part is down; trying later may help)
    │   ├── EngineUnavailable        503 engine_unavailable
    │   ├── ReleaseDrifted           503 release_drifted       (its canaries say so, and so it was set)
    │   ├── IndexUnavailable         503 index_unavailable
    │   ├── DatabaseUnavailable      503 database_unavailable
    │   ├── QueueUnavailable         503 queue_unavailable
    │   ├── OutsideUnavailable       503 outside_unavailable   (a named host does not answer)
    │   └── StorageFull              507 storage_full
    ├── LeaseLost                    500 lease_lost            (another worker holds the run now)
    └── LockMismatch                 500 lock_mismatch         (a file is not what the lock names)

`status` is the HTTP status and `code` the stable name; both also travel in streams.
"""

from typing import ClassVar


class HoldfastError(Exception):
    """Base of all; `detail` is one sentence that says what to do, free of document text."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal"
    title: ClassVar[str] = "Something went wrong on our side"

    def __init__(self, detail: str = "", *, retry_after: int | None = None) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.retry_after = retry_after

    def as_problem(self) -> dict[str, object]:
        """RFC 9457 body of this error."""
        return {
            "type": f"urn:holdfast:error:{self.code}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
        }


class InvalidRequest(HoldfastError):
    status, code, title = 400, "invalid_request", "The request cannot be understood"


class UnsafeSettings(InvalidRequest):
    status, code, title = 500, "unsafe_settings", "The settings are not safe to start with"


class UnsupportedParameter(InvalidRequest):
    code, title = "unsupported_parameter", "A parameter is not supported here"


class OutboundRefused(InvalidRequest):
    code, title = "outbound_refused", "Nobody named this host, so no connection is opened to it"


class NotSignedIn(HoldfastError):
    status, code, title = 401, "not_signed_in", "Sign in or send an API key"


class SignInRefused(NotSignedIn):
    code, title = "sign_in_refused", "Signing in elsewhere did not succeed; try again"


class GroupOverage(SignInRefused):
    code = "group_overage"
    title = "The provider left your groups out, because there are too many; ask an administrator"


class ClaimsExpired(NotSignedIn):
    code = "claims_expired"
    title = "What your provider said of you has expired; sign in again"


class UnknownKey(SignInRefused):
    """They may have been changed since: the caller may fetch them anew and try again."""

    code = "unknown_key"


class Forbidden(HoldfastError):
    status, code, title = 403, "forbidden", "You may not do this"


class CsrfFailed(Forbidden):
    code, title = "csrf_failed", "The page's security token is missing or old; reload the page"


class NotFound(HoldfastError):
    status, code, title = 404, "not_found", "There is no such thing here"


class MethodNotAllowed(HoldfastError):
    status, code, title = 405, "method_not_allowed", "This address does not take that method"


class Conflict(HoldfastError):
    status, code, title = 409, "conflict", "This contradicts what is there"


class TooManyRemovals(Conflict):
    code, title = "too_many_removals", "The source holds far less than it did; say that this is meant"


class TooLarge(HoldfastError):
    status, code, title = 413, "too_large", "The file is larger than allowed"


class UnsupportedMedia(HoldfastError):
    status, code, title = 415, "unsupported_media_type", "This kind of file cannot be read"


class TooManyRequests(HoldfastError):
    status, code, title = 429, "too_many_requests", "Too many requests; try again in a moment"


class DocumentUnreadable(HoldfastError):
    status, code, title = 422, "document_unreadable", "The document cannot be read"


class DocumentCorrupt(DocumentUnreadable):
    code, title = "corrupt", "The file is damaged; export it again from the program that made it"


class DocumentEncrypted(DocumentUnreadable):
    code, title = "password", "The file is protected by a password; upload a copy without it"


class DocumentEmpty(DocumentUnreadable):
    code, title = "no_text", "The file holds no text"


class DocumentNeedsOcr(DocumentUnreadable):
    code, title = "needs_ocr", "The file holds only pictures of text, and no text recognition is installed"


class DocumentGarbled(DocumentUnreadable):
    code, title = "garbled", "The file's text layer is unreadable; export it again with embedded fonts"


class DocumentOverLimit(DocumentUnreadable):
    code, title = "limit", "Reading the file went over the limits; split it into smaller files"


class AnswerUnfit(HoldfastError):
    status, code = 422, "answer_unfit"
    title = "The model's answer does not fit the schema; ask for less, or allow more tokens"


class AnswerUnsupported(HoldfastError):
    status, code, title = 422, "answer_unsupported", "No source states a value that must be there"


class Unavailable(HoldfastError):
    status, code, title = 503, "unavailable", "A part of the service is down; try again in a moment"


class EngineUnavailable(Unavailable):
    code, title = "engine_unavailable", "The language model is not reachable; search still works"


class ReleaseDrifted(Unavailable):
    code, title = "release_drifted", "The model does not answer: its release has drifted; search goes on"


class IndexUnavailable(Unavailable):
    code, title = "index_unavailable", "The search index is not reachable"


class DatabaseUnavailable(Unavailable):
    code, title = "database_unavailable", "The database is not reachable"


class QueueUnavailable(Unavailable):
    code, title = "queue_unavailable", "The job queue is not reachable"


class OutsideUnavailable(Unavailable):
    code, title = "outside_unavailable", "A host outside does not answer"


class StorageFull(Unavailable):
    status, code, title = 507, "storage_full", "There is no space left to store the file"


class LeaseLost(HoldfastError):
    code, title = "lease_lost", "Another worker has taken this run over"


class LockMismatch(HoldfastError):
    code, title = "lock_mismatch", "A file is not what the lock names"
