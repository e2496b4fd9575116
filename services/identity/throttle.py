"""Bounds on guessing passwords, counted in SQL so that replicas share them and a restart forgets nothing.

Counted are tries, before the password is looked at: guesses sent all at once count like guesses in a row.
There is no bound per login alone: anybody could lock anybody out. Windows are fixed, so at worst twice the
bound fits into one window's length.
"""

import ipaddress
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from services import errors
from services.database.session import Transactions, now
from services.database.tables.identity import SignInAttempts
from services.identity import credentials
from services.settings import Settings

WINDOW = timedelta(minutes=15)
TRIES_PER_LOGIN_AND_ADDRESS = 10
TRIES_PER_ADDRESS = 100
"""Higher, since a whole company may sit behind one address."""


@dataclass(frozen=True, slots=True)
class Subjects:
    """Whose tries are counted, as keyed digests: the table holds no login and no address.

    `pair` is empty where no login is known, `address` where what was begun here counts alone.
    """

    pair: str
    address: str


def subjects(settings: Settings, login: str, address: str) -> Subjects:
    network = _network(address)
    return Subjects(
        credentials.keyed_digest(settings, "sign-in", f"{login}\0{network}"),
        credentials.keyed_digest(settings, "sign-in", network),
    )


def at_provider(settings: Settings, address: str) -> Subjects:
    """Answers to nothing that was begun in that browser, counted apart from passwords."""
    return Subjects("", credentials.keyed_digest(settings, "provider sign-in", _network(address)))


def of_sign_in(settings: Settings, state: str) -> Subjects:
    """Answers to one sign-in, in the browser that began it: no stranger's tries count against them."""
    return Subjects(credentials.keyed_digest(settings, "sign-in begun", state), "")


def is_allowed(session: Session, tried: Subjects) -> bool:
    """Count one try and say whether it may go on."""
    pair = _count(session, tried.pair) if tried.pair else 0
    address = _count(session, tried.address) if tried.address else 0
    return pair <= TRIES_PER_LOGIN_AND_ADDRESS and address <= TRIES_PER_ADDRESS


def require_allowed(transactions: Transactions, tried: Subjects) -> None:
    """Count one try, in a transaction of its own; errors.TooManyRequests where it is one too many."""
    with transactions.write() as session:
        allowed = is_allowed(session, tried)
    if not allowed:
        wait = int(WINDOW.total_seconds())
        raise errors.TooManyRequests("Too many sign-ins were tried; wait a while", retry_after=wait)


def forgive(session: Session, tried: Subjects) -> None:
    """After a right password: forget the pair's tries and this one of the address; drop what is over."""
    session.execute(delete(SignInAttempts).where(SignInAttempts.subject == tried.pair))
    session.execute(
        update(SignInAttempts)
        .where(SignInAttempts.subject == tried.address, SignInAttempts.tries > 0)
        .values(tries=SignInAttempts.tries - 1)
    )
    session.execute(delete(SignInAttempts).where(SignInAttempts.since < now() - WINDOW))


def _count(session: Session, subject: str) -> int:
    over = SignInAttempts.since < now() - WINDOW
    session.execute(delete(SignInAttempts).where(SignInAttempts.subject == subject, over))
    tries = _add_one(session, subject)
    if tries is not None:
        return tries
    try:
        with session.begin_nested():
            session.add(SignInAttempts(subject=subject, tries=1))
    except IntegrityError:  # another first try was faster
        return _add_one(session, subject) or 1
    return 1


def _add_one(session: Session, subject: str) -> int | None:
    return session.scalar(
        update(SignInAttempts)
        .where(SignInAttempts.subject == subject)
        .values(tries=SignInAttempts.tries + 1)
        .returning(SignInAttempts.tries)
    )


def _network(address: str) -> str:
    # One customer of a provider holds a whole IPv6 /64.
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((parsed, 64), strict=False)) if parsed.version == 6 else address
