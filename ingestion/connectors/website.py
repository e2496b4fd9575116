"""An in-house website, followed from page to page within its hosts, its robots.txt and a number of pages."""

import json
import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from protego import Protego
from pydantic import Field

from ingestion.connectors.addresses import canonical, require_canonical
from ingestion.connectors.options import Options
from ingestion.connectors.page_links import PageLinks, read_links
from ingestion.connectors.protocol import Entry, Incomplete, Skipped, SkipThis, Surroundings
from services import errors, outbound
from services.outbound.naming import normal

AGENT = "HoldfastBot"
BLOCK = 1 << 20
LONGEST_MARKER = 190
HTML = ("text/html", "application/xhtml+xml")
GONE, CLOSED = (404, 410), (401, 403)
MEMORY = "pages.json"
"""What each page led to, so that one that did not change need not be sent again."""


class WebsiteOptions(Options):
    start: tuple[str, ...] = Field(min_length=1, max_length=50)
    hosts: tuple[str, ...] = Field(default=(), max_length=50)
    """Hosts that are followed; those of `start` unless given. Each must be named for `outbound` as well."""
    depth: int = Field(default=5, ge=0, le=50)
    max_pages: int = Field(default=1000, ge=1, le=100_000)
    pause_s: float = Field(default=0.0, ge=0.0, le=60.0)


@dataclass(frozen=True, slots=True)
class Fetched:
    """A page as it is now; `body` is None where it did not change since `marker` was given out."""

    name: str
    marker: str
    links: PageLinks
    body: bytes | None
    modified_at: datetime | None


class Moved(Exception):
    """The page has gone to another address of the site."""

    def __init__(self, target: str) -> None:
        super().__init__(target)
        self.target = target


@dataclass
class Crawl:
    """What is still to be looked at, and what was."""

    waiting: deque[tuple[str, int]]
    seen: set[str] = field(default_factory=set)
    pages: int = 0


class Website:
    """Options: `start`, `hosts`, `depth`, `max_pages`, `pause_s`, `include`, `exclude` (over the address).

    Secret: `authorization`, sent as that header. Keys are canonical addresses. Pages are asked for with the
    ETag or date of last time; robots.txt, `noindex`, `nofollow` and canonical links are honoured.
    """

    def __init__(self, options: Mapping[str, Any], surroundings: Surroundings) -> None:
        self._options = WebsiteOptions.model_validate(options)
        self._start = [require_canonical(one) for one in self._options.start]
        self._hosts = frozenset(normal(one) for one in self._options.hosts) or frozenset(
            _host(one) for one in self._start
        )
        self._memory = Memory(surroundings.scratch / MEMORY, surroundings.known)
        self._robots: dict[str, Protego | None] = {}
        self._held: tuple[str, bytes] = ("", b"")
        authorization = surroundings.secrets.get("authorization")
        self._client = outbound.open_client(
            surroundings.outbound,
            "sources",
            max_bytes=surroundings.max_bytes,
            headers={"User-Agent": AGENT} | ({"Authorization": authorization} if authorization else {}),
        )

    def entries(self) -> Iterator[Entry | Skipped | Incomplete]:
        crawl = Crawl(deque((address, 0) for address in self._start))
        while crawl.waiting:
            address, depth = crawl.waiting.popleft()
            if address in crawl.seen:
                continue
            crawl.seen.add(address)
            if crawl.pages >= self._options.max_pages:
                yield Incomplete(f"The website has more than {self._options.max_pages} pages")
                break
            yield from self._look_at(address, depth, crawl)
        self._memory.save()

    def _look_at(self, address: str, depth: int, crawl: Crawl) -> Iterator[Entry | Skipped | Incomplete]:
        if not self._may_fetch(address):
            yield Skipped(address, "robots", "The site's robots.txt asks not to")
            return
        crawl.pages += 1
        try:
            page = self._fetch(address)
        except Moved as moved:
            crawl.waiting.appendleft((moved.target, depth))
            yield Skipped(address, "moved", "Leads to another address, which is looked at instead")
            return
        except SkipThis as skip:
            yield Skipped(address, skip.reason, skip.detail, keeps=skip.keeps)
            if skip.keeps:
                yield Incomplete("A page could not be asked, and so neither what it leads to")
            return
        self._memory.now[address] = replace(page, body=None)
        if depth < self._options.depth:
            follow = [link for link in page.links.links if _host(link) in self._hosts]
            crawl.waiting.extend((link, depth + 1) for link in follow if link not in crawl.seen)
        yield self._judged(address, page)

    def _judged(self, address: str, page: Fetched) -> Entry | Skipped:
        named = page.links.canonical
        if not page.links.may_index:
            return Skipped(address, "noindex", "The page asks not to be taken")
        if named and named != address and _host(named) in self._hosts:
            return Skipped(address, "duplicate", "The page names another address as its own")
        if not self._options.wants(address):
            return Skipped(address, "excluded", "Left out by this source's patterns")
        self._held = (address, page.body or b"")
        size = None if page.body is None else len(page.body)
        return Entry(address, page.marker, page.name, size, page.modified_at)

    def read(self, entry: Entry) -> Iterator[bytes]:
        address, body = self._held
        if address != entry.key or not body:
            body = self._ask(entry.key, {}).content
        for start in range(0, len(body), BLOCK):
            yield body[start : start + BLOCK]

    def _fetch(self, address: str) -> Fetched:
        earlier = self._memory.earlier(address)
        reply = self._ask(address, _conditions(earlier.marker) if earlier else {})
        if reply.status_code == httpx.codes.NOT_MODIFIED and earlier is not None:
            return earlier
        is_html = reply.headers.get("content-type", "").split(";")[0].strip().lower() in HTML
        links = read_links(reply.text, address) if is_html else PageLinks()
        modified = _date(reply.headers.get("last-modified"))
        return Fetched(_name(address, is_html), _marker(reply), links, reply.content, modified)

    def _ask(self, address: str, conditions: Mapping[str, str]) -> httpx.Response:
        """The reply; SkipThis where this page is not to be had, an error of ours where the site is not."""
        if self._options.pause_s:
            time.sleep(self._options.pause_s)
        try:
            reply = self._get(address, conditions)
        except errors.TooLarge as error:
            raise SkipThis("too_large", error.detail, keeps=False) from error
        except (errors.OutboundRefused, errors.OutsideUnavailable) as error:
            if not self._memory.now and address in self._start:
                raise
            is_refused = isinstance(error, errors.OutboundRefused)
            raise SkipThis(
                "refused" if is_refused else "unreachable", error.detail, keeps=not is_refused
            ) from error
        return self._accepted(address, reply)

    def _accepted(self, address: str, reply: httpx.Response) -> httpx.Response:
        said = f"The site answers {reply.status_code}"
        if reply.has_redirect_location:
            target = canonical(reply.headers["location"], address)
            if target is None or target == address:
                raise SkipThis("redirect", "Redirects to itself or to no address", keeps=False)
            raise Moved(target)
        if reply.status_code in GONE:
            raise SkipThis("missing", said, keeps=False)
        if reply.status_code in CLOSED:
            raise SkipThis("forbidden", said, keeps=False)
        if not reply.is_success and reply.status_code != httpx.codes.NOT_MODIFIED:
            raise SkipThis("unreachable", said)
        return reply

    def _get(self, address: str, headers: Mapping[str, str]) -> httpx.Response:
        """Redirects are not followed here: each address is judged by robots.txt before it is asked for."""
        try:
            return self._client.get(address, headers=dict(headers), follow_redirects=False)
        except httpx.HTTPError as error:
            raise errors.OutsideUnavailable(f"{_host(address)} broke off: {type(error).__name__}") from error

    def _may_fetch(self, address: str) -> bool:
        """By the rules of robots.txt; where the file is missing there are none."""
        parts = urlsplit(address)
        site = f"{parts.scheme}://{parts.netloc}"
        if site not in self._robots:
            self._robots[site] = self._read_robots(site)
        rules = self._robots[site]
        return rules is None or rules.can_fetch(address, AGENT)

    def _read_robots(self, site: str) -> Protego | None:
        try:
            reply = self._client.get(f"{site}/robots.txt")
        except httpx.HTTPError as error:
            raise errors.OutsideUnavailable(f"{site}/robots.txt broke off") from error
        if reply.is_server_error:  # RFC 9309: whoever cannot say the rules forbids everything
            raise errors.OutsideUnavailable(f"{site}/robots.txt answers {reply.status_code}")
        return Protego.parse(reply.text) if reply.is_success else None

    def close(self) -> None:
        self._client.close()


class Memory:
    """Each page's marker and links of last time, used where the library holds what the marker stands for."""

    def __init__(self, file: Path, known: Mapping[str, str]) -> None:
        self._file, self._known = file, known
        self._stored: dict[str, Any] = {}
        self.now: dict[str, Fetched] = {}
        with suppress(OSError, ValueError):  # without it the site sends everything again
            self._stored = json.loads(file.read_text())

    def earlier(self, address: str) -> Fetched | None:
        found = self._stored.get(address)
        if found is None or self._known.get(address) != found["marker"]:
            return None
        links = PageLinks(tuple(found["links"]), found["canonical"], found["may_index"])
        return Fetched(found["name"], found["marker"], links, None, _date(found["modified_at"]))

    def save(self) -> None:
        kept = {address: _remembered(page) for address, page in self.now.items()}
        self._file.parent.mkdir(parents=True, exist_ok=True)
        part = self._file.with_suffix(".part")
        part.write_text(json.dumps(kept))
        part.replace(self._file)


def _remembered(page: Fetched) -> dict[str, Any]:
    return {
        "name": page.name,
        "marker": page.marker,
        "links": page.links.links,
        "canonical": page.links.canonical,
        "may_index": page.links.may_index,
        "modified_at": format_datetime(page.modified_at, usegmt=True) if page.modified_at else None,
    }


def _marker(reply: httpx.Response) -> str:
    """What the site says the content is known by; a digest of the content where it says nothing usable."""
    for kind, header in (("etag", "etag"), ("date", "last-modified")):
        value = reply.headers.get(header, "")
        if value and len(value) <= LONGEST_MARKER:
            return f"{kind}:{value}"
    return f"sha256:{sha256(reply.content).hexdigest()}"


def _conditions(marker: str) -> dict[str, str]:
    kind, _, value = marker.partition(":")
    names = {"etag": "If-None-Match", "date": "If-Modified-Since"}
    return {names[kind]: value} if kind in names else {}


def _date(value: str | None) -> datetime | None:
    if not value:
        return None
    try:
        found = parsedate_to_datetime(value)
    except ValueError:
        return None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def _name(address: str, is_html: bool) -> str:
    """What people see: the address without its scheme, ended so that its kind is known."""
    bare = address.split("://", 1)[1].rstrip("/")
    return bare if not is_html or bare.lower().endswith((".html", ".htm", ".xhtml")) else f"{bare}.html"


def _host(address: str) -> str:
    return normal(urlsplit(address).hostname or "")
