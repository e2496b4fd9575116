"""The API's schema as it is served: what each operation may also reply, examples, and what goes away when.

FastAPI would promise 422 with a body of its own; what is wrong with a request is said here as every other
error is (RFC 9457, and under /v1 in OpenAI's shape).
"""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from services import retiring

Schema = dict[str, Any]
PROBLEM: Schema = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string", "examples": ["urn:holdfast:error:not_found"]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What to do about it."},
        "code": {
            "type": "string",
            "description": "Stable; see services/errors.py.",
            "examples": ["not_found"],
        },
    },
}
OPENAI_ERROR: Schema = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["message", "type", "code"],
            "properties": {name: {"type": "string"} for name in ("message", "type", "code")},
        }
    },
}
REPLIES: Schema = {
    "Problem": {
        "description": "Why not, as problem+json",
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}},
    },
    "OpenAiError": {
        "description": "Why not, as clients of that API read it",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/OpenAiError"}}},
    },
}
EXAMPLES: dict[tuple[str, str], Schema] = {
    ("/api/v1/answers", "post"): {"question": "How many days of annual leave are there?"},
    ("/api/v1/answers:batch", "post"): {
        "questions": [{"question": "Who approves travel?"}, {"question": "What does a hotel cost at most?"}]
    },
    ("/api/v1/search", "post"): {"question": "annual leave", "limit": 5},
    ("/api/v1/bulks", "post"): {"title": "Handbook, spring edition", "expected": 120},
    ("/api/v1/conversations", "post"): {"title": "Travel"},
    ("/v1/chat/completions", "post"): {
        "model": "holdfast",
        "messages": [{"role": "user", "content": "How many days of annual leave are there?"}],
    },
    ("/v1/embeddings", "post"): {"model": "all-MiniLM-L6-v2", "input": ["annual leave", "travel"]},
}


def describe(app: FastAPI) -> Schema:
    """The schema of the application's routes, made once."""
    if app.openapi_schema is None:
        app.openapi_schema = _complete(
            get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        )
    return app.openapi_schema


def _complete(schema: Schema) -> Schema:
    for path, operations in schema["paths"].items():
        error = "OpenAiError" if path.startswith("/v1/") else "Problem"
        for method, operation in operations.items():
            operation["responses"].pop("422", None)
            operation["responses"]["default"] = {"$ref": f"#/components/responses/{error}"}
            if retiring.found(method, path) is not None:
                operation["deprecated"] = True
            if (path, method) in EXAMPLES:
                body = operation["requestBody"]["content"]["application/json"]
                body["example"] = EXAMPLES[path, method]
    components = schema["components"]
    for name in ("HTTPValidationError", "ValidationError"):
        components["schemas"].pop(name, None)
    components["schemas"] |= {"ProblemDetails": PROBLEM, "OpenAiError": OPENAI_ERROR}
    components["responses"] = REPLIES
    return schema
