"""Django's settings, made from the environment. Nothing is decided here that an operator may want to change."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _

from fiel.ops import environment
from fiel.ops.databases import django_database
from fiel.ops.logs import logging_settings

ENVIRONMENT = environment.load()
SOURCE = Path(__file__).resolve().parent.parent

# Set up before anything is served or worked on (`environment.keep_secret_key`); empty for checks and migrations' files.
SECRET_KEY = ENVIRONMENT.secret_key
DEBUG = ENVIRONMENT.debug
ALLOWED_HOSTS = list(ENVIRONMENT.allowed_hosts)
PUBLIC_URL = ENVIRONMENT.public_url
CARD_PREFIX = ENVIRONMENT.card_prefix
EXTRACT = ENVIRONMENT.extract
DATA_FOLDER = ENVIRONMENT.data

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_tasks_db",
    "fiel.events",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "fiel.trail",
    "fiel.shops",
    "fiel.jobs",
    "fiel.members",
    "fiel.catalogue",
    "fiel.programme",
    "fiel.ledger",
    "fiel.rewards",
    "fiel.hand",
    "fiel.sales",
    "fiel.insight",
    "fiel.outreach",
    "fiel.privacy",
    "fiel.intake",
    "fiel.doors.office",
]

MIDDLEWARE = [
    "fiel.ops.middleware.request_id",
    "fiel.ops.middleware.unknown_caller",
    "fiel.ops.middleware.access_line",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "fiel.ops.middleware.only_for_pages",
    "fiel.ops.middleware.DatabaseAway",
]

# A till's sale has no session, no person and no look; to go through these too is a quarter of what its request costs.
PAGE_MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "fiel.ops.middleware.bounded_uploads",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "fiel.doors.people.session_limits",
    "fiel.doors.office.second_step.second_step_due",
    "fiel.doors.people.own_language",
    "fiel.doors.people.acting_person",
    "django.contrib.messages.middleware.MessageMiddleware",
    "fiel.ops.middleware.content_security_policy",
]

ROOT_URLCONF = "fiel.ops.urls"
WSGI_APPLICATION = "fiel.ops.wsgi.application"
APPEND_SLASH = True

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [SOURCE / "doors" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "fiel.doors.look.languages",
                "fiel.doors.brand.brand",
            ],
            "builtins": ["fiel.doors.look"],  # money, moments and figures as the person writes them
        },
    },
]

# The data

DATABASES = {"default": django_database(ENVIRONMENT.database, threads=ENVIRONMENT.threads)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATA_UPLOAD_MAX_MEMORY_SIZE = 16 * 1024 * 1024  # a batch of 1,000 sales with long receipts; each call bounds its own

CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    # Counted by all processes and machines together, or each would give a guesser its own five tries.
    "sign-in": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "office_sign_in_tries",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    },
    # Wrong codes of vouchers, in the same table.
    "guesses": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "office_sign_in_tries",
        "KEY_PREFIX": "guesses",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    },
}

# Work that is done beside the requests. Its jobs are rows of this database, made in the transaction that asks for it.

TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
WEBHOOK_NETWORKS = ENVIRONMENT.webhook_networks

# People and their sessions

AUTH_USER_MODEL = "shops.Person"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
SECOND_STEP = ENVIRONMENT.second_step
SIGN_UP = ENVIRONMENT.sign_up
ACCOUNT_ADAPTER = "fiel.doors.office.second_step.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"  # who has an account came by a letter
ACCOUNT_REAUTHENTICATION_TIMEOUT = 10 * 60
MFA_ADAPTER = "fiel.doors.office.second_step.SecondStepAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_ALLOW_UNVERIFIED_EMAIL = True  # as above
MFA_TOTP_ISSUER = "Fiel"
MFA_TOTP_TOLERANCE = 1  # phones whose clock is half a minute off
MFA_FORMS = {"authenticate": "fiel.doors.office.second_step.CodeForm"}
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "office"
LOGOUT_REDIRECT_URL = "start"
SESSION_COOKIE_AGE = 12 * 60 * 60  # at most; `fiel.doors.people.session_limits` ends idle ones sooner
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"  # else one more cookie
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"  # not Strict: a sign-in link opened from a letter must find its session
CSRF_COOKIE_HTTPONLY = True  # pages hand the token to htmx themselves
CSRF_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"

# A browser takes a cookie named __Host- only over TLS, for this host alone and the whole of it: no neighbour under the
# same domain can set it.
_COOKIE = "__Host-fiel-" if ENVIRONMENT.https else "fiel-"
SESSION_COOKIE_NAME = f"{_COOKIE}session"
CSRF_COOKIE_NAME = f"{_COOKIE}csrf"
LANGUAGE_COOKIE_NAME = f"{_COOKIE}language"
DEVICE_COOKIE_NAME = f"{_COOKIE}device"  # of a paired device; see fiel.doors.devices
SESSION_COOKIE_SECURE = ENVIRONMENT.https
CSRF_COOKIE_SECURE = ENVIRONMENT.https
LANGUAGE_COOKIE_SECURE = ENVIRONMENT.https
CSRF_TRUSTED_ORIGINS = [ENVIRONMENT.public_url]

SECURE_SSL_REDIRECT = ENVIRONMENT.https
SECURE_REDIRECT_EXEMPT = [r"^(livez|readyz|metrics)$"]  # probes come from inside, past the proxy
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if ENVIRONMENT.https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = ENVIRONMENT.https
SECURE_HSTS_PRELOAD = ENVIRONMENT.https
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# Letters

EMAIL_BACKEND = ENVIRONMENT.email.backend
EMAIL_HOST = ENVIRONMENT.email.host
EMAIL_PORT = ENVIRONMENT.email.port
EMAIL_HOST_USER = ENVIRONMENT.email.user
EMAIL_HOST_PASSWORD = ENVIRONMENT.email.password
EMAIL_USE_TLS = ENVIRONMENT.email.starttls
EMAIL_USE_SSL = ENVIRONMENT.email.tls
EMAIL_FILE_PATH = ENVIRONMENT.email.folder or None
EMAIL_TIMEOUT = 20
SMS_URL = ENVIRONMENT.sms_url
WHATSAPP_URL = ENVIRONMENT.whatsapp_url
DEFAULT_FROM_EMAIL = SERVER_EMAIL = ENVIRONMENT.email_from

# Words, times and figures

USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = True
LANGUAGE_CODE = "en"
LANGUAGES = [
    ("en", _("English")),
    ("pt-br", _("Portuguese (Brazil)")),
    ("pt", _("Portuguese (Portugal)")),
    ("es", _("Spanish")),
]
LOCALE_PATHS = [SOURCE / "locale"]

# Files that do not change. WhiteNoise serves them from where they lie, so that nothing needs to be collected first,
# under names that tell their content, so that browsers may keep them for ever.

STATIC_URL = "/static/"
STATICFILES_DIRS = [SOURCE / "doors" / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "fiel.doors.static_files.ByContent",
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "fiel.doors.static_files.NamedByContent"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = ENVIRONMENT.debug

LOGGING: dict[str, Any] = logging_settings(ENVIRONMENT.log_level)
