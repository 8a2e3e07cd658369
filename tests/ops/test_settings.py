"""Django's settings behind a public address: its deployment check finds nothing to say."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HTTPS = {
    "FIEL_PUBLIC_URL": "https://points.example.com",
    "FIEL_SECRET_KEY": "V4XsZ0y9mB2kq7TtRn5uJw8eLcPdHgFa1QxYiOo3zMvKbS6rNl",
}


def django(environ, *arguments):
    command = [sys.executable, "-W", "error", "-m", "django", *arguments]
    environ = environ | {"DJANGO_SETTINGS_MODULE": "fiel.ops.settings"}
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=False)


def settings_of(environ, *names):
    """The settings as another process would see them."""
    code = (
        "import json, django; django.setup(); from django.conf import settings; "
        f"print(json.dumps([getattr(settings, name) for name in {names!r}]))"
    )
    environ = environ | {"DJANGO_SETTINGS_MODULE": "fiel.ops.settings"}
    run = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=True)
    return json.loads(run.stdout)


def test_djangos_deployment_check_has_no_warning(environ):
    checked = django(environ | HTTPS, "check", "--deploy", "--fail-level", "DEBUG")
    assert checked.returncode == 0, checked.stderr
    assert "no issues" in checked.stdout


@pytest.mark.parametrize(
    ("public_url", "cookie", "secure", "hsts"),
    [
        ("https://points.example.com", "__Host-fiel-session", True, 31_536_000),
        ("http://10.0.0.2", "fiel-session", False, 0),
    ],
)
def test_cookies_insist_on_tls_where_people_come_by_it(environ, public_url, cookie, secure, hsts):
    names = ("SESSION_COOKIE_NAME", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_HSTS_SECONDS")
    environ |= {"FIEL_PUBLIC_URL": public_url, "FIEL_ALLOWED_HOSTS": "fiel.local"}
    *told, hosts = settings_of(environ, *names, "ALLOWED_HOSTS")
    assert told == [cookie, secure, secure, hsts]
    assert set(hosts) == {public_url.rpartition("/")[2], "localhost", "127.0.0.1", "[::1]", "fiel.local"}
