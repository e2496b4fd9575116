"""The report as one page of HTML that can be kept and sent on: everything is in it, nothing is loaded."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from services.corpus.charts import bar_chart
from services.corpus.schemas import CorpusReport

# The page's own style, and nothing else: no script, no connection, no frame around it.
CONTENT_SECURITY_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; sandbox"
pages = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def as_html(report: CorpusReport) -> str:
    # Labels are escaped by the drawing itself; all other text by the template.
    charts = [
        Markup(bar_chart(bars, title))  # noqa: S704
        for title, bars in (
            ("Documents by state", report.states),
            ("When their content was written", report.ages),
            ("Tokens of a document", report.token_sizes),
            ("Languages", report.languages),
            ("Why documents could not be read", report.unreadable),
        )
    ]
    return pages.get_template("report.html").render(report=report, charts=[one for one in charts if one])
