"""A source written in the formats that are text: HTML, Markdown, plain text, CSV and e-mail."""

import csv
import io
import re
import textwrap
from email.message import EmailMessage
from email.policy import SMTP
from html import escape

from deploy.demo import markup

_FIRST_LEVELS = re.compile(r"^(#+) ", re.MULTILINE)
_STYLE = """body{font:16px/1.55 system-ui,sans-serif;color:#1d2b36;max-width:46rem;margin:0 auto;padding:1rem}
header,footer{color:#6b7a85;font-size:.85rem}h1,h2{color:#0f5c6e}table{border-collapse:collapse}
th,td{border:1px solid #bcd0d6;padding:.35rem .7rem;text-align:left}th{background:#eaf2f4}"""


def draw_html(source: markup.Source) -> bytes:
    title, body = escape(source.title), "\n".join(_element(part) for part in source.parts)
    return f"""<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>{title} · Aldermoor Instruments</title><style>{_STYLE}</style></head>
<body>
<header><nav><a href="/">Intranet</a> · <a href="/facilities">Facilities</a></nav></header>
<main>
<h1>{title}</h1>
<p>{escape(_about(source))}</p>
{body}
</main>
<footer>© Aldermoor Instruments · Internal</footer>
</body>
</html>
""".encode()


def draw_markdown(source: markup.Source) -> bytes:
    body = _FIRST_LEVELS.sub(r"#\1 ", source.body.strip())
    return f"# {source.title}\n\n{_about(source)}\n\n{body}\n".encode()


def draw_text(source: markup.Source) -> bytes:
    title = source.title.upper()
    blocks = [f"{title}\n{'=' * len(title)}\n{_about(source)}", *map(_wrapped, source.parts)]
    return ("\n\n".join(blocks) + "\n").encode()


def draw_csv(source: markup.Source) -> bytes:
    written = io.StringIO()
    for part in source.parts:
        if isinstance(part, markup.Table):
            csv.writer(written, lineterminator="\r\n").writerows(part.rows)
    return written.getvalue().encode()


def draw_mail(source: markup.Source) -> bytes:
    about, message = source.about, EmailMessage(policy=SMTP)
    message["From"], message["To"] = about["from"], about["to"]
    if "cc" in about:
        message["Cc"] = about["cc"]
    message["Subject"], message["Date"], message["Message-ID"] = (
        source.title,
        about["date"],
        about["message_id"],
    )
    message.set_content(markup.plain_text(source.parts) + "\n", cte="8bit")
    return message.as_bytes()


def _about(source: markup.Source) -> str:
    about = source.about
    return f"{about['reference']} · {about['edition']} · {about['date']} · {about['owner']}"


def _wrapped(part: markup.Part) -> str:
    match part:
        case markup.Heading(text):
            return f"{text}\n{'-' * len(text)}"
        case markup.Listing(items):
            lines = markup.plain_text((part,)).splitlines()
            assert len(lines) == len(items)
            return "\n".join(textwrap.fill(line, 88, subsequent_indent="   ") for line in lines)
        case _:
            return textwrap.fill(markup.plain_text((part,)), 88, break_on_hyphens=False)


def _element(part: markup.Part) -> str:
    match part:
        case markup.Heading(text, level):
            return f"<h{level + 1}>{escape(text)}</h{level + 1}>"
        case markup.Paragraph(text):
            return f"<p>{escape(text)}</p>"
        case markup.Listing(items, numbered):
            name, rows = "ol" if numbered else "ul", "".join(f"<li>{escape(item)}</li>" for item in items)
            return f"<{name}>{rows}</{name}>"
        case markup.Table(rows):
            head, body = _row(rows[0], "th"), "".join(_row(row, "td") for row in rows[1:])
            return f"<table>{head}{body}</table>"


def _row(cells: tuple[str, ...], tag: str) -> str:
    return f"<tr>{''.join(f'<{tag}>{escape(cell)}</{tag}>' for cell in cells)}</tr>\n"
