"""Pictures as documents: photographs and scans, whose words a recogniser reads, page by page."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO

from PIL import (
    Image,
    ImageOps,
    JpegImagePlugin,
    MpoImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    UnidentifiedImageError,
)
from PIL.Image import DecompressionBombError

from ingestion.reading.limits import ParseLimits
from ingestion.reading.pieces import Reading
from services.errors import DocumentCorrupt, DocumentNeedsOcr, DocumentOverLimit

# All at once, for a confined process can load nothing any more; a JPEG may turn out to hold several pictures.
Image.preinit()
LOADED = (JpegImagePlugin, MpoImagePlugin, PngImagePlugin, TiffImagePlugin)
KINDS = ("PNG", "JPEG", "TIFF")
MOST_PIXELS = 40_000_000
TOO_LARGE = f"The picture has more than {MOST_PIXELS // 10**6} million pixels; save it smaller."
WHITE = "white"


def read(data: bytes, _limits: ParseLimits) -> Reading:
    """Never a text of its own: DocumentNeedsOcr for a picture whose first page can be drawn."""
    with _opened(data) as picture:
        _grey(picture)
    raise DocumentNeedsOcr


def pictures(data: bytes, pages: Sequence[int], limits: ParseLimits) -> Iterator[tuple[int, int, int, bytes]]:
    """These pages, or the first ones where none is named, as grey pixels."""
    with _opened(data) as picture:
        for number in pages or range(1, limits.recognised_pages + 1):
            try:
                picture.seek(number - 1)
            except EOFError:
                return
            drawn = _grey(picture)
            yield (number, *drawn.size, drawn.tobytes())


@contextmanager
def _opened(data: bytes) -> Iterator[Image.Image]:
    try:
        with Image.open(BytesIO(data), formats=KINDS) as picture:
            yield picture
    except DecompressionBombError as error:
        raise DocumentOverLimit(TOO_LARGE) from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise DocumentCorrupt from error


def _grey(picture: Image.Image) -> Image.Image:
    """As it is looked at: turned as the camera says, on white where it is transparent."""
    wide, high = picture.size
    if wide * high > MOST_PIXELS:
        raise DocumentOverLimit(TOO_LARGE)
    upright = ImageOps.exif_transpose(picture)
    if upright.has_transparency_data:
        seen = upright.convert("RGBA")
        upright = Image.new("RGBA", seen.size, WHITE)
        upright.alpha_composite(seen)
    return upright.convert("L")
