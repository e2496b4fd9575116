"""No test gives up on what it waits for sooner than a slow machine needs."""

import ast
from pathlib import Path

TESTS = Path(__file__).parents[1]
SHORTEST_S = 60
MEASURE = {"benchmarks", "load", "quality"}
"""What measures on purpose has its own patience, and `make test` does not run it."""
HTTPX = {"get", "post", "put", "patch", "delete", "request", "stream", "Client", "AsyncClient"}


def test_every_wait_is_long_enough():
    hurried = [
        f"{path.relative_to(TESTS)}:{call.lineno}"
        for path in sorted(TESTS.rglob("*.py"))
        if path.relative_to(TESTS).parts[0] not in MEASURE
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call) and is_hurried(call)
    ]
    assert hurried == []


def is_hurried(call: ast.Call) -> bool:
    name = ast.unparse(call.func)
    named = {keyword.arg: keyword.value for keyword in call.keywords}
    if name.startswith("httpx.") and name.removeprefix("httpx.") in HTTPX and "transport" not in named:
        return "timeout" not in named or is_short(named["timeout"])
    if name == "wait_until":
        return len(call.args) > 2 and is_short(call.args[2])
    return any(is_short(value) for arg, value in named.items() if arg in {"timeout", "deadline_s"})


def is_short(value: ast.expr) -> bool:
    return (
        isinstance(value, ast.Constant) and isinstance(value.value, int | float) and value.value < SHORTEST_S
    )


def test_a_short_wait_is_found():
    hurried = ("httpx.get(address)", "httpx.get(address, timeout=5)", "wait_until(so, 'it is so', 10)")
    patient = (
        "httpx.get(address, timeout=60)",
        "wait_until(so, 'it is so')",
        "subprocess.run(words, timeout=240)",
    )
    found = [is_hurried(ast.parse(text, mode="eval").body) for text in (*hurried, *patient)]
    assert found == [True] * 3 + [False] * 3
