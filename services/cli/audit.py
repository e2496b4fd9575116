"""`holdfast audit`: verify the trail, hand it out, forget who somebody was. Asks the database itself."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from sqlalchemy import select
from sqlalchemy.orm import Session

from services import audit as trail
from services import errors
from services.audit import exporting, people, verifying
from services.audit.verifying import Verdict
from services.cli import private_file
from services.cli.complaints import complaining
from services.database.session import Transactions, open_engine
from services.database.tables.identity import Person
from services.settings import Settings, running_settings

app = typer.Typer(no_args_is_help=True, help="The audit trail: verify, export, forget a person.")
console = Console()
Head = Annotated[str, typer.Option(help="what an earlier look ended with, as NUMBER:DIGEST")]
File = Annotated[Path | None, typer.Option(help="an export to verify instead of the database")]


@app.command()
def verify(head: Head = "", file: File = None) -> None:
    """Say whether entries were altered, removed or inserted since they were sealed; exit code 1 if so."""
    verdict = complaining(_verdict, running_settings(), head, file)
    console.print(
        f"{verdict.batches} batches, {verdict.entries} entries ({verdict.expired} of them emptied when their "
        f"time was over), {verdict.unsealed} not sealed yet",
        highlight=False,
    )
    for finding in verdict.findings:
        at = f"batch {finding.batch}: " if finding.batch else ""
        console.print(f"[red]{at}{finding.what}[/]", highlight=False)
    console.print(f"head {verdict.head}", highlight=False, soft_wrap=True)
    if verdict.findings:
        raise typer.Exit(1)
    console.print("Nothing is out of order. Write the head down elsewhere: it shows if the end is cut off.")


@app.command()
def export(out: Annotated[Path, typer.Option(help="the file to write, one JSON object a line")]) -> None:
    """Write the whole trail; this leaves an entry, too."""
    count = complaining(_export, running_settings(), out)
    console.print(f"{out}: {count} lines", highlight=False)


@app.command()
def forget(login: str) -> None:
    """Delete the key that tells whose entries a person's are; the trail itself stays as it is."""
    complaining(_forget, running_settings(), login)
    console.print("Forgotten here. Backups made before still hold the key until they are deleted.")


def _verdict(settings: Settings, head: str, file: Path | None) -> Verdict:
    secret = settings.secret_key.get_secret_value()
    if file is not None:
        with file.open() as given:
            return verifying.verify_batches(exporting.read(given), secret, settings.audit, head)
    with _transactions(settings).read() as session:
        return verifying.verify(session, secret, settings.audit, head)


def _export(settings: Settings, out: Path) -> int:
    transactions = _transactions(settings)
    with transactions.write() as session:
        trail.record(session, "", "audit.export", "")
    count = 0
    private_file.close(out)
    with transactions.read() as session, out.open("w") as target:
        for line in exporting.lines(session):
            target.write(line)
            count += 1
    return count


def _forget(settings: Settings, login: str) -> None:
    with _transactions(settings).write() as session:
        if not people.forget(session, _person_id(session, login)):
            raise errors.NotFound("The trail holds no key of this person")
        trail.record(session, "", "audit.forget", "")


def _person_id(session: Session, login: str) -> str:
    person_id = session.scalar(select(Person.id).where(Person.login == login))
    if person_id is None:
        raise errors.NotFound("There is nobody of this login")
    return person_id


def _transactions(settings: Settings) -> Transactions:
    return Transactions(open_engine(settings))
