"""What parsing yields: a version's blocks in reading order, each with its page and heading path."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Block:
    """One parsed piece: a heading, paragraph, list, table or code listing.

    `heading_path` names the headings above it, outermost first (a heading's own path includes itself).
    `page` is 1-based, None where the format has no pages. A table's text is Markdown, header row first.
    """

    kind: str  # heading | text | list | table | code
    text: str
    page: int | None = None
    heading_path: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ParsedDocument:
    """Everything parsing learned of one version.

    `warnings` name in a person's words what could not be read; `pages` is 0 where the format has none;
    `attachments` names the files that lie in it and can be read as documents of their own, `unread_pages`
    those that show pictures of text.
    """

    blocks: tuple[Block, ...]
    title: str = ""
    pages: int = 0
    warnings: tuple[str, ...] = field(default_factory=tuple)
    attachments: tuple[str, ...] = ()
    unread_pages: tuple[int, ...] = ()
