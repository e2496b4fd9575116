"""`python -m services.openapi` prints the API's schema, from which the page's types are generated."""

import json
import sys

from services.app import create_app
from services.settings import Settings

if __name__ == "__main__":
    json.dump(create_app(Settings()).openapi(), sys.stdout, indent=1, sort_keys=True)
