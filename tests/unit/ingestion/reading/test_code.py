from ingestion.reading.code import read
from ingestion.reading.limits import ParseLimits

PYTHON = b"import os\n\n\ndef first():\n    x = 1\n\n    return x\n\n\ndef second():\n    return 2\n"


def test_definitions_are_parted_and_kept_as_written() -> None:
    assert [(piece.kind, piece.text) for piece in read(PYTHON, ParseLimits()).pieces] == [
        ("code", "import os"),
        ("code", "def first():\n    x = 1\n\n    return x"),
        ("code", "def second():\n    return 2"),
    ]


def test_closing_brace_stays_with_what_it_closes() -> None:
    assert len(read(b"void f() {\n  g();\n\n}\n", ParseLimits()).pieces) == 1
