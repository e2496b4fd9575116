"""Makes a boto3 client send through our connections, by the hook that boto3 offers before it would send."""

from typing import Any, Protocol

from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from services.outbound.connecting import Outbound
from services.outbound.naming import Purpose
from services.outbound.pools import open_pool_manager


class Client(Protocol):
    """What every boto3 client has."""

    @property
    def meta(self) -> Any: ...


def send_through(client: Client, outbound: Outbound, purpose: Purpose) -> None:
    """From now on the client reaches named hosts only; its redirects and retries are checked as well."""
    manager = open_pool_manager(outbound, purpose)

    def send(request: AWSPreparedRequest, **_given: Any) -> AWSResponse:
        reply = manager.urlopen(
            request.method or "GET",
            request.url or "",
            redirect=False,
            body=request.body,
            headers=_as_text(request.headers),
            preload_content=False,
            decode_content=False,
        )
        answered = AWSResponse(request.url or "", reply.status, reply.headers, reply)  # type: ignore[arg-type]  # as boto3 does
        if not request.stream_output:
            _ = answered.content  # read now, so that the connection is free for the next request
        return answered

    client.meta.events.register("before-send.*.*", send)


def _as_text(headers: Any) -> dict[str, str]:
    """Signed headers come as bytes now and then."""
    return {
        name: value.decode() if isinstance(value, bytes) else str(value) for name, value in headers.items()
    }
