"""The application as a WSGI server calls it."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, cast

from django.core.wsgi import get_wsgi_application
from granian.utils.proxies import wrap_wsgi_with_proxy_headers

from fiel.ops import environment

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

__all__ = ["application"]

log = logging.getLogger("fiel.proxy")


def _behind_proxy(application: WSGIApplication, trusted: tuple[str, ...]) -> WSGIApplication:
    """Takes the client's address and scheme from X-Forwarded-… where a trusted proxy says so."""
    believing = cast("WSGIApplication", wrap_wsgi_with_proxy_headers(application, list(trusted)))
    warned = False

    def wrapped(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        nonlocal warned
        before = environ["wsgi.url_scheme"]
        answer = believing(environ, start_response)
        if not warned and environ.get("HTTP_X_FORWARDED_PROTO", before) != environ["wsgi.url_scheme"]:
            # Left unsaid, the operator would see nothing but a browser that is redirected for ever.
            warned = True
            log.warning(
                "X-Forwarded-Proto is not believed: it came from an address that FIEL_TRUST_PROXY does not name, or "
                "without X-Forwarded-For"
            )
        return answer

    return wrapped


os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fiel.ops.settings")
environment.keep_secret_key()
application = _behind_proxy(get_wsgi_application(), environment.load().trusted_proxies)
