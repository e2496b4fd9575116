"""What a page says of itself and where it leads: links, its own address, whether it may be taken."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

from ingestion.connectors.addresses import canonical

MAX_LINKS = 5000


@dataclass(frozen=True, slots=True)
class PageLinks:
    """`links` are canonical addresses in the page's order; `canonical` is "" unless the page names one."""

    links: tuple[str, ...] = ()
    canonical: str = ""
    may_index: bool = True


def read_links(html: str, address: str) -> PageLinks:
    reader = _Reader(address)
    reader.feed(html)
    reader.close()
    return PageLinks(
        () if "nofollow" in reader.rules else tuple(dict.fromkeys(reader.links)),
        reader.canonical,
        "noindex" not in reader.rules and "none" not in reader.rules,
    )


@dataclass
class _Reader(HTMLParser):
    base: str
    links: list[str] = field(default_factory=list)
    canonical: str = ""
    rules: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "base" and "href" in given:
            self.base = canonical(given["href"], self.base) or self.base
        elif tag in ("a", "area", "iframe", "frame"):
            self._link(given)
        elif tag == "link" and given.get("rel", "").lower() == "canonical":
            self.canonical = canonical(given.get("href", ""), self.base) or ""
        elif tag == "meta" and given.get("name", "").lower() in ("robots", "holdfast"):
            self.rules.update(word.strip() for word in given.get("content", "").lower().split(","))

    def _link(self, given: dict[str, str]) -> None:
        target = given.get("href") or given.get("src") or ""
        if "nofollow" in given.get("rel", "").lower() or len(self.links) >= MAX_LINKS:
            return
        if found := canonical(target, self.base):
            self.links.append(found)
