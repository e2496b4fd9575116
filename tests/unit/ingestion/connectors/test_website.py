"""A website is followed within its hosts and rules, and asked only for what changed."""

import pytest

from ingestion.connectors import Entry
from services import errors
from tests.places import markers, refused, taken


def page(*links: str, head: str = "", text: str = "") -> str:
    anchors = "".join(f'<a href="{link}">x</a>' for link in links)
    return f"<!doctype html><html><head>{head}</head><body>{text}{anchors}</body></html>"


@pytest.fixture
def crawl(site, open_place):
    def opening(**options):
        given = {"start": [f"{site.url}/"], **options}
        return open_place("website", given, site.port)

    return opening


def paths(site, found):
    return sorted(key.removeprefix(site.url) for key in found)


def test_pages_and_files_are_found_from_page_to_page(site, crawl):
    site.put("/", page("/a", "b/", "/plan.pdf"))
    site.put("/a", page("/"))
    site.put("/b/", page("../c?y=2&x=1#part"))
    site.put("/c?x=1&y=2", page(text="deep"))
    site.put("/plan.pdf", b"%PDF-1.4", Content_Type="application/pdf")
    found = taken(crawl())
    assert paths(site, found) == ["/", "/a", "/b/", "/c?x=1&y=2", "/plan.pdf"]
    assert found[f"{site.url}/plan.pdf"] == b"%PDF-1.4"
    assert len(site.asked) == len(set(site.asked))


def test_names_tell_the_kind_and_dates_are_kept(site, crawl):
    site.put("/", page("/plan.pdf"), Last_Modified="Wed, 21 Oct 2015 07:28:00 GMT")
    site.put("/plan.pdf", b"%PDF-1.4", Content_Type="application/pdf")
    found = [one for one in crawl().entries() if isinstance(one, Entry)]
    assert [one.name for one in found] == [
        f"127.0.0.1:{site.port}.html",
        f"127.0.0.1:{site.port}/plan.pdf",
    ]
    assert found[0].modified_at.year == 2015


def test_depth_and_number_of_pages_bound_the_walk(site, crawl):
    for number in range(10):
        site.put(f"/{number or ''}", page(f"/{number + 1}"))
    assert len(taken(crawl(depth=3))) == 4
    source = crawl(max_pages=5, depth=50)
    assert refused(source)[""] == "incomplete"
    assert len(taken(crawl(max_pages=5, depth=50))) == 5


def test_robots_rules_are_kept(site, crawl):
    site.put("/robots.txt", "User-agent: *\nDisallow: /private\n")
    site.put("/", page("/private/plans", "/open"))
    site.put("/open", page())
    site.put("/private/plans", page())
    source = crawl()
    assert refused(source) == {f"{site.url}/private/plans": "robots"}
    assert "/private/plans" not in site.asked


def test_a_site_that_cannot_say_its_rules_is_left_alone(site, crawl):
    site.put("/robots.txt", "busy", status=503)
    site.put("/", page())
    with pytest.raises(errors.OutsideUnavailable, match="503"):
        taken(crawl())
    assert site.asked == ["/robots.txt"]


def test_pages_that_ask_not_to_be_taken_or_followed_are_not(site, crawl):
    site.put("/", page("/quiet", "/dead-end"))
    site.put("/quiet", page("/behind-quiet", head='<meta name="robots" content="noindex">'))
    site.put("/behind-quiet", page())
    site.put("/dead-end", page("/beyond", head='<meta name="ROBOTS" content="NOFOLLOW">'))
    assert paths(site, taken(crawl())) == ["/", "/behind-quiet", "/dead-end"]


def test_one_page_under_two_addresses_is_taken_once(site, crawl):
    site.put("/", page("/print", "/page"))
    site.put("/print", page(head=f'<link rel="canonical" href="{site.url}/page">'))
    site.put("/page", page(text="once"))
    assert paths(site, taken(crawl())) == ["/", "/page"]


def test_other_hosts_are_not_followed_even_where_a_page_redirects_there(site, crawl):
    site.put("/", page("http://elsewhere.example/", "/gone-away", "/moved"))
    site.redirect("/gone-away", "http://169.254.169.254/latest/meta-data")
    site.redirect("/moved", "/here")
    site.put("/here", page())
    source = crawl()
    assert refused(source) == {f"{site.url}/gone-away": "refused", f"{site.url}/moved": "moved"}
    assert "/here" in site.asked


def test_a_redirect_does_not_go_round_robots(site, crawl):
    site.put("/robots.txt", "User-agent: *\nDisallow: /private\n")
    site.put("/", page("/door"))
    site.redirect("/door", "/private")
    assert refused(crawl()) == {f"{site.url}/door": "moved", f"{site.url}/private": "robots"}
    assert "/private" not in site.asked


def test_a_page_that_does_not_answer_keeps_what_lies_behind_it(site, crawl):
    site.put("/", page("/broken", "/missing", "/login"))
    site.put("/broken", "oops", status=500)
    site.put("/login", "who?", status=403)
    assert refused(crawl()) == {
        f"{site.url}/broken": "unreachable",
        "": "incomplete",
        f"{site.url}/missing": "missing",
        f"{site.url}/login": "forbidden",
    }


def test_a_site_that_is_down_fails_as_a_whole(open_place):
    with pytest.raises(errors.OutsideUnavailable):
        taken(open_place("website", {"start": ["http://127.0.0.1:9/"]}, 9))


def test_a_site_nobody_named_is_refused(site, open_place):
    with pytest.raises(errors.OutboundRefused):
        taken(open_place("website", {"start": [f"{site.url}/"]}))
    assert site.asked == []


def with_etag(body: str, etag: str):
    def reply(headers):
        if headers.get("if-none-match") == etag:
            return 304, {"ETag": etag}, b""
        return 200, {"ETag": etag, "Content-Type": "text/html"}, body.encode()

    return reply


def test_unchanged_pages_are_not_sent_again_and_still_lead_on(site, open_place):
    sent = []

    def counted(path, reply):
        def answer(headers):
            status, given, body = reply(headers)
            sent.append((path, status))
            return status, given, body

        return answer

    site.pages["/"] = counted("/", with_etag(page("/a"), '"one"'))
    site.pages["/a"] = counted("/a", with_etag(page(text="first"), '"two"'))
    options = {"start": [f"{site.url}/"]}
    known = markers(open_place("website", options, site.port))
    site.pages["/a"] = counted("/a", with_etag(page(text="second"), '"three"'))
    sent.clear()
    source = open_place("website", options, site.port, known=known)
    later = {found.key: found for found in source.entries() if isinstance(found, Entry)}
    assert sent == [("/", 304), ("/a", 200)]
    assert later[f"{site.url}/"].marker == known[f"{site.url}/"]
    assert later[f"{site.url}/a"].marker != known[f"{site.url}/a"]
    assert b"second" in b"".join(source.read(later[f"{site.url}/a"]))


def test_a_page_without_etag_is_known_by_its_content(site, crawl):
    site.put("/", page(text="first"))
    first = markers(crawl())
    assert markers(crawl()) == first
    site.put("/", page(text="second"))
    assert markers(crawl()) != first


def test_credentials_go_to_the_site_as_named(site, open_place):
    seen = []
    site.pages["/"] = lambda headers: (seen.append(headers.get("authorization")), (200, {}, b"x"))[1]
    source = open_place(
        "website", {"start": [f"{site.url}/"]}, site.port, secrets={"authorization": "Bearer t"}
    )
    taken(source)
    assert seen == ["Bearer t"]


def test_patterns_choose_among_the_pages(site, crawl):
    site.put("/", page("/docs/a", "/blog/b"))
    site.put("/docs/a", page())
    site.put("/blog/b", page())
    source = crawl(include=[f"{site.url}/docs/*"])
    assert paths(site, taken(source)) == ["/docs/a"]
