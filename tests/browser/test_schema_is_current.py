"""The page's types come from the API's schema; a route that changed without them would break it unseen."""

import json
from pathlib import Path

from services.app import create_app
from services.settings import Settings

WEB = Path(__file__).parents[2] / "services" / "web"


def test_committed_schema_is_the_one_the_api_has() -> None:
    committed = json.loads((WEB / "openapi.json").read_text())
    assert committed == json.loads(json.dumps(create_app(Settings()).openapi())), (
        "run `python -m services.openapi > services/web/openapi.json`, then `npm run types` in services/web"
    )


def test_lock_file_names_no_registry() -> None:
    assert '"resolved"' not in (WEB / "package-lock.json").read_text()
