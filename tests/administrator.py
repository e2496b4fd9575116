"""An administrator as `holdfast up` leaves one on a machine: signed in, and served by a running Holdfast."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from services.cli.client import Credentials
from services.database.tables.identity import Person
from services.identity import passwords
from services.settings import Settings, Web
from tests.company import Company
from tests.served import serving

LOGIN, PASSWORD = "admin", "a long password"


@contextmanager
def served(company: Company, settings: Settings) -> Iterator[Settings]:
    """Settings that lead the command line to the company's Holdfast, as its person `admin`."""
    with company.resources.transactions.write() as session:
        person = session.get_one(Person, company.people[LOGIN])
        person.password_hash = passwords.hash_password(PASSWORD)
    Credentials(LOGIN, PASSWORD).save(settings.data_dir)
    with serving(company.resources) as address:
        yield settings.model_copy(update={"web": Web(port=urlsplit(address).port)})
