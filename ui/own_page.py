"""Whether a request comes from a page of this server."""

from starlette.datastructures import Headers
from streamlit.web.server.starlette.starlette_websocket import is_host_allowed


def is_own_host(headers: Headers) -> bool:
    """Whether the request names this machine, and not a foreign name that was made to point here."""
    return is_host_allowed(headers.get("host", ""))


def is_own_page(headers: Headers) -> bool:
    """The same, and no other site's page has sent it; a program that is no browser names no origin."""
    host, origin = headers.get("host", ""), headers.get("origin")
    return is_own_host(headers) and (origin is None or origin.partition("://")[2].lower() == host.lower())
