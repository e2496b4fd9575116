"""Find passages without asking the model: `python search.py URL KEY "annual leave"`."""

import sys

import httpx


def search(url: str, key: str, question: str) -> list[tuple[str, str]]:
    with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=60) as client:
        reply = client.post("/api/v1/search", json={"question": question})
        reply.raise_for_status()
    return [(one["document_name"], one["text"]) for one in reply.json()["passages"]]


if __name__ == "__main__":
    for name, text in search(*sys.argv[1:4]):
        print(f"{name}: {text[:200]}")
