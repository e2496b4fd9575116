"""Every variable, command, make target, module, link and figure that the documents name is there."""

import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from pydantic import BaseModel

from services.cli.commands import app
from services.settings import SOURCE_SECRETS, Settings

ROOT = Path(__file__).parents[3]
DOCUMENTS = sorted(
    path.relative_to(ROOT).as_posix()
    for path in [ROOT / "README.md", ROOT / "services/audit/README.md", *(ROOT / "deploy").glob("*.md")]
)
CODE = re.compile(r"```\n(.*?)```|`([^`\n]+)`", re.DOTALL)
# Read by what builds and starts things, before there are settings.
BEFORE_SETTINGS = {"HOLDFAST_CACHE", "HOLDFAST_CONFIG"}


def variables() -> set[str]:
    compose = (ROOT / "deploy" / "compose.yml").read_text()
    return (
        BEFORE_SETTINGS
        | set(_fields(Settings, "HOLDFAST_"))
        | set(re.findall(r"\$\{(HOLDFAST_\w+)", compose))
    )


def _fields(section: type[BaseModel], prefix: str) -> Iterator[str]:
    for name, field in section.model_fields.items():
        yield f"{prefix}{name.upper()}"
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from _fields(field.annotation, f"{prefix}{name.upper()}__")


def codes(document: str) -> Iterator[str]:
    for block, span in CODE.findall((ROOT / document).read_text()):
        yield from block.splitlines() if block else [span]


def words_after(code: str, program: str) -> Iterator[list[str]]:
    """The words that follow the program's name each time it is called."""
    for found in re.finditer(rf"(?:^|[\s/=`]){re.escape(program)} ([^#;&|<]+)", code):
        yield found.group(1).split()


@pytest.fixture(scope="module")
def commands():
    """The command's words as a tree: a group's names to what is below, a command to its options."""
    return _tree(typer.main.get_command(app))


def _tree(command):
    below = getattr(command, "commands", None)
    if below is None:
        return {option for each in command.params for option in [*each.opts, *each.secondary_opts]}
    return {name: _tree(each) for name, each in below.items()}


def unknown(words: list[str], tree) -> str:
    """The first word or option that the command does not know; "" where it knows all."""
    for word in words:
        plain = word.strip("`.,:…")
        if isinstance(tree, set):
            if plain.startswith("--") and plain.partition("=")[0] not in tree:
                return plain
        elif "|" in plain or plain not in tree:
            return "" if all(part in tree for part in plain.split("|")) else plain
        else:
            tree = tree[plain]
    return ""


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_variable_is_one_that_is_read(document: str) -> None:
    named = set(re.findall(r"HOLDFAST_[A-Z0-9_]*[A-Z0-9]", (ROOT / document).read_text()))
    assert {name for name in named if not name.startswith(SOURCE_SECRETS)} - variables() == set()


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_command_and_option_is_there(document: str, commands) -> None:
    called = [words for code in codes(document) for words in words_after(code, "holdfast")]
    called += [words for code in codes(document) for words in words_after(code, "python -m services.cli")]
    not_ours = {"helm"}  # `helm install holdfast CHART` names the release so
    wrong = [
        (words, found)
        for words in called
        if words[0] not in not_ours and words[0][0].isalpha() and "/" not in words[0]
        if (found := unknown(words, commands))
    ]
    assert wrong == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_make_target_and_module_is_there(document: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {words[0] for code in codes(document) for words in words_after(code, "make")}
    assert {name for name in named if name.isalpha()} - targets == set()
    modules = {
        name
        for code in codes(document)
        for name in re.findall(r"python3? -m (deploy[\w.]*|tests[\w.]*)", code)
    }
    assert [name for name in sorted(modules) if importlib.util.find_spec(name) is None] == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_path_and_link_leads_somewhere(document: str) -> None:
    text, folder = (ROOT / document).read_text(), (ROOT / document).parent
    links = {link for link in re.findall(r"\]\(([^)#\s]+)", text) if "://" not in link}
    assert [link for link in sorted(links) if not (folder / link).exists()] == []
    named = re.findall(r"`((?:tests|deploy|services|helm|migrations|ingestion)/[\w./-]+)`", text)
    assert [path for path in sorted(set(named)) if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("document", ["deploy/sizing.md", "deploy/threats.md"])
def test_every_figure_is_a_row_of_the_table(document: str) -> None:
    rows = set(re.findall(r"^\| `(\w+)` \|", (ROOT / "README.md").read_text(), re.MULTILINE))
    text = (ROOT / document).read_text()
    named = set(re.findall(r"`([a-z0-9]+(?:_[a-z0-9]+)+)`", text))
    assert named
    assert named - rows == set()


def test_a_wrong_word_would_be_seen(commands) -> None:
    assert unknown(["models", "pul", "x"], commands) == "pul"
    assert unknown(["bundle", "load", "x", "--kei", "y"], commands) == "--kei"
    assert unknown(["bundle", "load", "x", "--key", "y"], commands) == ""
    assert unknown(["sources", "test|sync", "wiki"], commands) == ""
    assert unknown(["sources", "test|sink", "wiki"], commands) == "test|sink"
    assert "HOLDFAST_DATABASE__URL" in variables()
    assert "HOLDFAST_DATABASE__URLS" not in variables()
