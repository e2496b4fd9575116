"""The one way to kreuzberg: no cache on disk, no OCR, nothing embedded opened, its errors made ours."""

from kreuzberg import (
    ConcurrencyConfig,
    ExtractionConfig,
    ExtractionResult,
    KreuzbergError,
    extract_bytes_sync,
)

from services.errors import DocumentCorrupt, DocumentEncrypted, DocumentOverLimit, DocumentUnreadable

PASSWORD_WORDS = ("password", "encrypted")
LIMIT_WORDS = ("limit", "exceed", "too large", "too many", "bomb", "timed out", "depth")


def extract(data: bytes, media_type: str) -> ExtractionResult:
    """Content as Markdown."""
    config = ExtractionConfig(
        use_cache=False,
        output_format="markdown",
        concurrency=ConcurrencyConfig(max_threads=1),
    )
    config.max_archive_depth = 0  # the constructor does not take it
    try:
        return extract_bytes_sync(data, media_type, config)
    except KreuzbergError as error:
        raise _as_ours(str(error)) from error


def _as_ours(message: str) -> DocumentUnreadable:
    """kreuzberg's errors differ by their words only; none of the message is passed on, it may quote text."""
    lowered = message.lower()
    if any(word in lowered for word in PASSWORD_WORDS):
        return DocumentEncrypted()
    if any(word in lowered for word in LIMIT_WORDS):
        return DocumentOverLimit()
    return DocumentCorrupt()
