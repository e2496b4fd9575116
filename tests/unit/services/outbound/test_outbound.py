"""Connections leave to named hosts only: through httpx and urllib3 alike."""

import socket
from collections.abc import Iterator

import pytest
import urllib3

from services import errors, outbound, settings
from services.outbound import Outbound
from tests.local_site import Site, running_site


@pytest.fixture(scope="module")
def server() -> Iterator[Site]:
    with running_site() as site:
        yield site


@pytest.fixture
def site(server: Site) -> Site:
    server.pages.clear()
    server.asked.clear()
    server.put("/", "hello")
    return server


class Resolved(Outbound):
    """Names resolve as the test says; each look-up is counted."""

    def __init__(self, limits: settings.Outbound, *answers: list[str]) -> None:
        super().__init__(limits)
        self.answers, self.looked_up = list(answers), 0

    def look_up(self, host: str, port: int) -> list[str]:
        self.looked_up += 1
        return self.answers.pop(0)


def through_httpx(out: Outbound, url: str) -> bytes:
    with outbound.open_client(out, "sources") as client:
        return client.get(url).content


def through_urllib3(out: Outbound, url: str) -> bytes:
    with outbound.open_pool_manager(out, "sources") as manager:
        return manager.request("GET", url).data


ways = pytest.mark.parametrize("fetch", [through_httpx, through_urllib3])


def named(*hosts: str, **limits: object) -> settings.Outbound:
    return settings.Outbound(sources=hosts, **limits)


@ways
def test_nothing_is_named_by_default_and_nothing_leaves(fetch, site):
    with pytest.raises(errors.OutboundRefused, match="HOLDFAST_OUTBOUND__SOURCES"):
        fetch(Outbound(settings.Outbound()), site.url)
    assert site.asked == []


@ways
def test_a_named_host_is_reached(fetch, site):
    assert fetch(Outbound(named(f"127.0.0.1:{site.port}")), site.url) == b"hello"


@ways
def test_a_host_named_for_another_purpose_is_not(fetch, site):
    out = Outbound(settings.Outbound(webhooks=(f"127.0.0.1:{site.port}",)))
    with pytest.raises(errors.OutboundRefused, match="sources"):
        fetch(out, site.url)


@ways
def test_a_name_is_resolved_once_and_its_second_answer_is_never_asked_for(fetch, site):
    out = Resolved(named(f"wiki.corp:{site.port}=127.0.0.1"), ["127.0.0.1"], ["169.254.169.254"])
    assert fetch(out, f"http://wiki.corp:{site.port}/") == b"hello"
    assert out.looked_up == 1


@ways
@pytest.mark.parametrize("answer", [["127.0.0.1"], ["93.184.216.34", "10.0.0.1"], ["169.254.169.254"]])
def test_a_name_that_turns_to_an_address_nobody_named_is_refused(fetch, site, answer):
    with pytest.raises(errors.OutboundRefused, match="resolves to"):
        fetch(Resolved(named(f"wiki.corp:{site.port}"), answer), f"http://wiki.corp:{site.port}/")
    assert site.asked == []


@ways
def test_a_redirect_on_the_same_host_is_followed(fetch, site):
    site.redirect("/old", "/")
    assert fetch(Outbound(named(f"127.0.0.1:{site.port}")), f"{site.url}/old") == b"hello"


@ways
def test_a_redirect_to_another_named_host_is_refused_all_the_same(fetch, site):
    site.redirect("/old", f"http://other.corp:{site.port}/")
    out = Resolved(named(f"127.0.0.1:{site.port}", f"other.corp:{site.port}=127.0.0.1"), ["127.0.0.1"])
    with pytest.raises(errors.OutboundRefused, match="redirects elsewhere"):
        fetch(out, f"{site.url}/old")
    assert site.asked == ["/old"]


@ways
def test_a_redirect_to_another_port_of_the_host_is_checked_anew(fetch, site):
    site.redirect("/old", "http://127.0.0.1:1/")
    with pytest.raises(errors.OutboundRefused, match=r"127\.0\.0\.1:1 "):
        fetch(Outbound(named(f"127.0.0.1:{site.port}")), f"{site.url}/old")


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://127.0.0.1/", "gopher://x", "http://", "//x"])
def test_other_schemes_are_refused(url):
    with pytest.raises(errors.OutboundRefused):
        Outbound(named("127.0.0.1")).require_named("sources", url)


def streamed(out: Outbound, url: str) -> bytes:
    with outbound.open_pool_manager(out, "sources") as manager:
        return manager.request("GET", url, preload_content=False).read()


@pytest.mark.parametrize("fetch", [through_httpx, streamed])
def test_a_reply_over_the_bound_is_given_up(fetch, site):
    site.put("/big", b"x" * 100_000)
    out = Outbound(named(f"127.0.0.1:{site.port}", max_bytes=50_000))
    with pytest.raises(errors.TooLarge, match="50000 bytes"):
        fetch(out, f"{site.url}/big")


@pytest.mark.parametrize("fetch", [through_httpx, streamed])
def test_a_reply_that_takes_too_long_is_given_up(fetch, site):
    out = Outbound(named(f"127.0.0.1:{site.port}", total_s=0.0))
    with pytest.raises(errors.OutsideUnavailable, match="too long"):
        fetch(out, site.url)


@ways
def test_a_named_host_that_does_not_answer_is_typed(fetch):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        with pytest.raises(errors.OutsideUnavailable):
            fetch(Outbound(named(f"127.0.0.1:{port}")), f"http://127.0.0.1:{port}/")


@ways
def test_the_environments_proxy_is_ignored_and_the_named_one_used(fetch, site, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert fetch(Outbound(named(f"127.0.0.1:{site.port}")), site.url) == b"hello"
    site.put("http://docs.example.com/page", "through the proxy")
    proxied = Resolved(named("docs.example.com", proxy=site.url))
    assert fetch(proxied, "http://docs.example.com/page") == b"through the proxy"
    assert proxied.looked_up == 0
    with pytest.raises(errors.OutboundRefused):
        fetch(proxied, "http://elsewhere.example.com/")


def test_tls_still_asks_for_the_name_that_was_meant(site):
    """The socket goes to the checked address, the certificate must be the name's: plain HTTP has none."""
    out = Resolved(named(f"wiki.corp:{site.port}=127.0.0.1"), ["127.0.0.1"], ["127.0.0.1"])
    with pytest.raises(errors.OutsideUnavailable):
        through_httpx(out, f"https://wiki.corp:{site.port}/")
    with pytest.raises(urllib3.exceptions.HTTPError):
        through_urllib3(out, f"https://wiki.corp:{site.port}/")
