"""Ask a question and print the cited answer: `python ask.py URL KEY "How many days of leave?"`."""

import sys

import httpx


def ask(url: str, key: str, question: str) -> str:
    with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=120) as client:
        reply = client.post("/api/v1/answers", json={"question": question})
        reply.raise_for_status()  # 429 says in Retry-After when to come back
        answer = reply.json()
    sources = [f"[{one['number']}] {one['document_name']}, page {one['page']}" for one in answer["citations"]]
    return "\n".join([answer["text"], *sources])


if __name__ == "__main__":
    print(ask(*sys.argv[1:4]))
