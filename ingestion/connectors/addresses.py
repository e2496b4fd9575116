"""Web addresses in one form, so that a page is taken once however it is linked to."""

from urllib.parse import parse_qsl, quote, unquote, urlencode, urljoin, urlsplit, urlunsplit

from services import errors
from services.outbound.naming import normal

LONGEST = 1500
DEFAULT_PORTS = {"http": 80, "https": 443}
TRACKING = ("utm_", "fbclid", "gclid", "mc_cid", "mc_eid")
SAFE = ":@!$&'()*+,;=~-._"


def canonical(address: str, base: str = "") -> str | None:
    """The address without fragment, default port, dots and tracking marks; None if it is not of the web."""
    try:
        parts = urlsplit(urljoin(base, address.strip()))
        host, port = normal(parts.hostname or ""), parts.port
    except ValueError:
        return None
    if parts.scheme not in DEFAULT_PORTS or not host or parts.username is not None:
        return None
    place = f"[{host}]" if ":" in host else host
    if port is not None and port != DEFAULT_PORTS[parts.scheme]:
        place = f"{place}:{port}"
    found = urlunsplit((parts.scheme, place, _path(parts.path), _query(parts.query), ""))
    return found if len(found) <= LONGEST and found.isprintable() else None


def _path(path: str) -> str:
    """Dots removed as RFC 3986 says, and every character escaped in one way."""
    parts = path.split("/")[1:] or [""]
    kept: list[str] = []
    for part in parts:
        if part == "..":
            del kept[-1:]
        elif part != ".":
            kept.append(quote(unquote(part), safe=SAFE))
    if parts[-1] in (".", ".."):
        kept.append("")
    return "/" + "/".join(kept)


def _query(query: str) -> str:
    pairs = [(name, value) for name, value in parse_qsl(query, keep_blank_values=True) if not _tracks(name)]
    return urlencode(sorted(pairs))


def _tracks(name: str) -> bool:
    return name.lower().startswith(TRACKING)


def require_canonical(address: str) -> str:
    """errors.InvalidRequest where this is no address of the web."""
    found = canonical(address)
    if found is None:
        raise errors.InvalidRequest("A website begins at addresses like https://wiki.example.com/")
    return found
