"""What axe finds wrong for people who cannot see, or cannot use a mouse, on the view that is open."""

from functools import cache
from pathlib import Path

from playwright.sync_api import Page

SCRIPT = Path(__file__).parents[2] / "services/web/node_modules/axe-core/axe.min.js"
RUN = """async () => {
  const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
  const found = await axe.run(document, {runOnly: tags});
  return found.violations
    .filter(one => one.impact === 'serious' || one.impact === 'critical')
    .map(one => one.id + ': ' + one.nodes.map(node => node.html.slice(0, 160)).join(' | '));
}"""


@cache
def _script() -> str:
    return SCRIPT.read_text()


def serious(page: Page) -> list[str]:
    """Each serious or critical finding against WCAG 2.2 AA, with the elements it is about."""
    page.evaluate(_script())
    found: list[str] = page.evaluate(RUN)
    return found
