"""The package index pip is set up for, in uv's words, so that one configuration serves both."""

import ast
import re
from collections.abc import Iterable

SETTING = re.compile(r"^(:env:|global|install)\.([a-z-]+)=(.*)$")
OPTION_OF = {"index-url": "--default-index", "extra-index-url": "--index", "find-links": "--find-links"}
# Any index may answer: the digests in the lists decide what is accepted.
ANY_INDEX = ("--index-strategy", "unsafe-best-match")
STRENGTH = ("global", "install", ":env:")


def pip_settings(listing: str) -> dict[str, str]:
    """`pip config list` as a table; a variable wins over the install section, that over the global one."""
    found = [match.groups() for match in map(SETTING.match, listing.splitlines()) if match]
    ordered = sorted(found, key=lambda each: STRENGTH.index(each[0]))
    return {name: str(ast.literal_eval(value)) for _, name, value in ordered}


def uv_options(settings: dict[str, str]) -> list[str]:
    """uv's options for what pip's `settings` say about where packages come from."""
    options = [*ANY_INDEX]
    for name, option in OPTION_OF.items():
        for place in settings.get(name, "").split():
            options += [option, place]
    if settings.get("no-index", "").lower() in {"1", "true", "yes", "on"}:
        options.append("--no-index")
    return options + list(_trusted(settings.get("trusted-host", "").split()))


def _trusted(hosts: Iterable[str]) -> Iterable[str]:
    for host in hosts:
        yield from ("--allow-insecure-host", host)
