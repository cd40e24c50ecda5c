"""The one settings file. Everything that differs between installations comes from the environment.

No variable is needed on a laptop. An installation that others can reach (a public URL or a bind address that is not
loopback) counts as production and must name its keys and hosts itself: see `PRODUCTION`.
"""

import hashlib
import ipaddress
import json
import math
import os
import re
import secrets
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import dj_database_url
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured


def env(name: str, default: str = "") -> str:
    return os.environ.get(name, "").strip() or default


def env_list(name: str, default: str = "") -> list[str]:
    return [item for item in env(name, default).replace(",", " ").split() if item]


def env_number(name: str, default: float, low: float = 0) -> float:
    try:
        value = float(env(name, str(default)))
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ImproperlyConfigured(f"{name} must be a number, not {env(name)!r}")
    if value < low:
        raise ImproperlyConfigured(f"{name} must be at least {low:g}")
    return value


def env_options(name: str, example: str) -> dict[str, dict[str, object]]:
    """Of speech engines: {engine: {option: value}}, see docs/recognition.md and docs/synthesis.md."""
    try:
        value = json.loads(env(name, "{}"))
        if not all(isinstance(options, dict) for options in [value, *value.values()]):
            raise TypeError("not an object of objects")
    except (ValueError, TypeError, AttributeError) as error:
        raise ImproperlyConfigured(f"{name} must be JSON such as {example}: {error}") from None
    return value


ROLES = ("viewer", "agent", "supervisor", "admin")


def env_roles(name: str) -> dict[str, str]:
    """What an identity provider's groups are here: `Contact centre leads=supervisor, hub-admins=admin`."""
    pairs = [item.rpartition("=") for item in env(name).split(",") if item.strip()]
    if not all(group.strip() and role.strip() in ROLES for group, _, role in pairs):
        raise ImproperlyConfigured(f"{name} must be like leads=supervisor, hub-admins=admin; roles: {', '.join(ROLES)}")
    return {group.strip(): role.strip() for group, _, role in pairs}


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


# Where we are

BASE_DIR = Path(__file__).resolve().parent.parent
HUB_DATA_DIR = Path(env("HUB_DATA_DIR", str(BASE_DIR / ".data"))).resolve()
HUB_BIND = env("HUB_BIND", "127.0.0.1:8000")
if not re.fullmatch(r"(\[[0-9a-fA-F:.]+\]|[^:\s]+):\d{1,5}", HUB_BIND) or int(HUB_BIND.rpartition(":")[2]) > 65535:
    raise ImproperlyConfigured(f"HUB_BIND must be host:port such as 127.0.0.1:8000, not {HUB_BIND!r}")
HUB_PUBLIC_URL = env("HUB_PUBLIC_URL", f"http://{HUB_BIND}").rstrip("/")

_public_host = urlsplit(HUB_PUBLIC_URL).hostname
if not _public_host:
    raise ImproperlyConfigured(
        f"HUB_PUBLIC_URL must be a full URL such as https://hub.example.com, not {HUB_PUBLIC_URL!r}"
    )
_bind_host = HUB_BIND.rpartition(":")[0]

# Reachable from elsewhere = production: generated keys, the `scripted` recogniser and guesses are refused.
PRODUCTION = not (is_loopback(_public_host) and is_loopback(_bind_host))
DEBUG = False


def make_data_dir() -> None:
    """Calls are private: nobody else on the machine may look in."""
    try:
        HUB_DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ImproperlyConfigured(f"HUB_DATA_DIR={HUB_DATA_DIR} can't be made: {error.strerror}") from None


# Keys


def own_or_generated(variable: str, file_name: str, generate: Callable[[], str]) -> str:
    """The key from the environment, else (never in production) one made once and kept in the data directory."""
    if value := env(variable):
        return value
    if PRODUCTION:
        raise ImproperlyConfigured(
            f"{variable} is not set. An installation that others can reach (HUB_PUBLIC_URL={HUB_PUBLIC_URL}, "
            f"HUB_BIND={HUB_BIND}) needs its own: see docs/operations.md."
        )
    path = HUB_DATA_DIR / file_name
    try:
        make_data_dir()
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(generate())
    except FileExistsError:
        pass
    return path.read_text().strip()


SECRET_KEY = own_or_generated("HUB_SECRET_KEY", "secret.key", lambda: secrets.token_urlsafe(50))
# Fernet keys for secrets at rest, newest first; older ones still decrypt.
_field_keys = own_or_generated("HUB_FIELD_KEYS", "field.keys", lambda: Fernet.generate_key().decode())
HUB_FIELD_KEYS = _field_keys.replace(",", " ").split()

for _key in HUB_FIELD_KEYS:
    try:
        Fernet(_key)
    except ValueError:
        raise ImproperlyConfigured("HUB_FIELD_KEYS must hold Fernet keys: 32 bytes in URL-safe base64") from None

# Hosts and transport security

_local_hosts = ["localhost", "127.0.0.1", "[::1]", ".localhost"]
ALLOWED_HOSTS = env_list("HUB_ALLOWED_HOSTS") or ([_public_host] if PRODUCTION else _local_hosts)
if PRODUCTION and "*" in ALLOWED_HOSTS:
    raise ImproperlyConfigured("HUB_ALLOWED_HOSTS must name the hosts; * is not allowed in production")
_https = HUB_PUBLIC_URL.startswith("https://")
CSRF_TRUSTED_ORIGINS = [HUB_PUBLIC_URL]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _https else None
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "hub_session", "hub_csrf"
SECURE_HSTS_SECONDS = 31_536_000 if _https else 0
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
# Pages are framed by nobody, except the embed, whose view names its ancestors.
HUB_EMBED_ANCESTORS = env_list(
    "HUB_EMBED_ANCESTORS",
    "https://ringcx.ringcentral.com https://engage.ringcentral.com https://app.ringcentral.com https://portal.vacd.biz "
    "https://portal.virtualacd.biz https://cdn.labs.ringcentral.com https://ringcentral.github.io "
    "https://app.cloudwork.bt.com https://app.vodafonebusiness.ringcentral.com",
)

# Live calls

HUB_RECOGNIZER = env("HUB_RECOGNIZER", "pocketsphinx")
HUB_RECOGNIZER_OPTIONS = env_options("HUB_RECOGNIZER_OPTIONS", '{"google": {"project": "mine"}}')
HUB_SYNTHESIZER = env("HUB_SYNTHESIZER", "espeak")
HUB_SYNTHESIZER_OPTIONS = env_options("HUB_SYNTHESIZER_OPTIONS", '{"espeak": {"variant": "f3"}}')
HUB_REORDER_MS = int(env_number("HUB_REORDER_MS", 200))
HUB_CALL_GRACE_SECONDS = env_number("HUB_CALL_GRACE_SECONDS", 30)
HUB_DRAIN_SECONDS = env_number("HUB_DRAIN_SECONDS", 30)
HUB_MAX_STREAMS = int(env_number("HUB_MAX_STREAMS", 2000, low=1))  # a process; beyond it a vendor gets 503

# Summaries by a language model: any OpenAI-compatible endpoint. Without one they are made of the words themselves.
HUB_SUMMARY_URL = env("HUB_SUMMARY_URL").rstrip("/")
HUB_SUMMARY_MODEL = env("HUB_SUMMARY_MODEL")
HUB_SUMMARY_KEY = env("HUB_SUMMARY_KEY")
if HUB_SUMMARY_URL and not (re.match(r"https?://[^/]", HUB_SUMMARY_URL) and HUB_SUMMARY_MODEL):
    raise ImproperlyConfigured(
        "HUB_SUMMARY_URL must be a full URL such as https://api.openai.com/v1, and HUB_SUMMARY_MODEL name a model of it"
    )

HUB_METRICS_TOKEN = env("HUB_METRICS_TOKEN")  # of /metrics; without it that answers this machine only

# Addresses that admins type in (bots' webhooks, language models) may lead outside only, and to these: hosts, networks.
HUB_OUTGOING_ALLOW = env_list("HUB_OUTGOING_ALLOW")
for _entry in HUB_OUTGOING_ALLOW:
    try:
        ipaddress.ip_network(_entry, strict=False)
    except ValueError:
        if not re.fullmatch(r"[\w-]+(\.[\w-]+)*", _entry, re.ASCII) or _entry.rpartition(".")[2].isdigit():
            raise ImproperlyConfigured(
                f"HUB_OUTGOING_ALLOW takes host names and networks such as 10.1.0.0/16, not {_entry!r}"
            ) from None

# Django

INSTALLED_APPS = [
    *(["daphne"] if "runserver" in sys.argv else []),  # before staticfiles; others needn't load its Twisted
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "channels",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "hub",
    "calls",
    "bots",
]
MIDDLEWARE = [
    "hub.middleware.timing",
    "django.middleware.security.SecurityMiddleware",
    "servestatic.middleware.ServeStaticMiddleware",
    "hub.middleware.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "hub.signin.required.RequiredSecondFactorMiddleware",
]
ROOT_URLCONF = "hub.urls"
ASGI_APPLICATION = "hub.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
AUTH_USER_MODEL = "calls.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
LOGIN_URL, LOGIN_REDIRECT_URL, LOGOUT_REDIRECT_URL = "/login/", "/", "/login/"
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("fr", "Français")]
LANGUAGE_COOKIE_NAME, LANGUAGE_COOKIE_AGE = "hub_language", 365 * 24 * 3600
LANGUAGE_COOKIE_SECURE, LANGUAGE_COOKIE_HTTPONLY, LANGUAGE_COOKIE_SAMESITE = _https, True, "Lax"
LOCALE_PATHS = [BASE_DIR / "hub" / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Signing in: local accounts, a second factor, and single sign-on where HUB_OIDC_ISSUER names an identity provider

HUB_OIDC_ISSUER = env("HUB_OIDC_ISSUER")
HUB_OIDC_NAME = env("HUB_OIDC_NAME", "Single sign-on")
HUB_OIDC_ROLE_CLAIM = env("HUB_OIDC_ROLE_CLAIM")
HUB_OIDC_ROLES = env_roles("HUB_OIDC_ROLES")
HUB_OIDC_DEFAULT_ROLE = env("HUB_OIDC_DEFAULT_ROLE", "" if HUB_OIDC_ROLE_CLAIM else "viewer")
if HUB_OIDC_ISSUER and not (env("HUB_OIDC_CLIENT_ID") and env("HUB_OIDC_CLIENT_SECRET")):
    raise ImproperlyConfigured("HUB_OIDC_ISSUER is set: HUB_OIDC_CLIENT_ID and HUB_OIDC_CLIENT_SECRET must be, too")
if HUB_OIDC_DEFAULT_ROLE not in ("", *ROLES):
    raise ImproperlyConfigured(f"HUB_OIDC_DEFAULT_ROLE must be one of {', '.join(ROLES)}")
HUB_REQUIRE_2FA_ROLES = frozenset(env_list("HUB_REQUIRE_2FA_ROLES"))
if not HUB_REQUIRE_2FA_ROLES <= set(ROLES):
    raise ImproperlyConfigured(f"HUB_REQUIRE_2FA_ROLES takes {', '.join(ROLES)}, separated by commas")
ACCOUNT_ADAPTER = "hub.signin.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = True
MFA_ADAPTER = "hub.signin.adapters.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_ALLOW_UNVERIFIED_EMAIL = True  # the hub sends no mail
SOCIALACCOUNT_ADAPTER = "hub.signin.adapters.SocialAccountAdapter"
SOCIALACCOUNT_LOGIN_ON_GET = False
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": "sso",
                "name": HUB_OIDC_NAME,
                "client_id": env("HUB_OIDC_CLIENT_ID"),
                "secret": env("HUB_OIDC_CLIENT_SECRET"),
                "settings": {"server_url": HUB_OIDC_ISSUER},
            }
        ]
        if HUB_OIDC_ISSUER
        else [],
    }
}

# Database: SQLite in the data directory, or DATABASE_URL

DATABASE_URL = env("DATABASE_URL", f"sqlite:///{HUB_DATA_DIR / 'hub.sqlite3'}")
try:
    DATABASES = {"default": dj_database_url.parse(DATABASE_URL)}
except (ValueError, dj_database_url.ParseError, dj_database_url.UnknownSchemeError):
    raise ImproperlyConfigured(
        "DATABASE_URL must be like postgresql://user:password@host/name or sqlite:///path"
    ) from None
_database = DATABASES["default"]
if _database["ENGINE"].endswith("sqlite3"):
    make_data_dir()
    _database["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
else:
    _database["CONN_MAX_AGE"] = 0
    _database.setdefault("OPTIONS", {})["pool"] = {"min_size": 1, "max_size": 16, "timeout": 10}

# Redis and Celery: both optional

REDIS_URL = env("REDIS_URL")
# Hubs that share a Redis but not a database don't hear each other.
REDIS_PREFIX = "hub-" + hashlib.sha256(DATABASE_URL.encode()).hexdigest()[:8]
CHANNEL_LAYERS: dict[str, dict] = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [{"address": REDIS_URL}], "prefix": REDIS_PREFIX},
    }
    if REDIS_URL
    else {"BACKEND": "channels.layers.InMemoryChannelLayer", "CONFIG": {"capacity": 2000}}
}
CELERY_BROKER_URL = env("CELERY_BROKER_URL")
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_BROKER_TRANSPORT_OPTIONS = (
    {"visibility_timeout": 600, "socket_timeout": 2, "socket_connect_timeout": 2}
    if CELERY_BROKER_URL.startswith("redis")
    else {}
)
CELERY_BEAT_SCHEDULE = {
    name: {"task": f"hub.tasks.{name}", "schedule": 2.0, "options": {"expires": 10}}
    for name in ("close_due", "finish_due", "summarize_due", "deliver_due")
}
CELERY_WORKER_HIJACK_ROOT_LOGGER = False

# Static files: served by the hub itself, straight from the source folders

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
SERVESTATIC_USE_FINDERS = True
SERVESTATIC_AUTOREFRESH = False

# REST

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "calls.api.authentication.ApiKeyAuthentication",
        "calls.api.authentication.PairingAuthentication",
        "calls.api.authentication.CookieAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["calls.api.permissions.HubPermission"],
    "DEFAULT_RENDERER_CLASSES": ["calls.api.rendering.JsonRenderer"],
    "DEFAULT_PARSER_CLASSES": ["calls.api.rendering.JsonParser"],
    "DEFAULT_METADATA_CLASS": None,
    "DEFAULT_SCHEMA_CLASS": "calls.api.schema.HubSchema",
    "EXCEPTION_HANDLER": "calls.api.problems.problem_handler",
    "URL_FORMAT_OVERRIDE": None,  # `?format=` is the transcript's own
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Call Hub",
    "DESCRIPTION": "Streaming profiles, calls, transcripts and recordings.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": ["drf_spectacular.hooks.postprocess_schema_enums", "calls.api.schema.describe_null"],
    "ENUM_NAME_OVERRIDES": {"AlertKindEnum": "calls.models.alerts.AlertKind", "KindEnum": "bots.models.Kind"},
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

# Logging: one line an event on standard error; secrets never reach it

_log_level = env("HUB_LOG_LEVEL", "INFO").upper()
if _log_level not in ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"):
    raise ImproperlyConfigured(f"HUB_LOG_LEVEL must be DEBUG, INFO, WARNING, ERROR or CRITICAL, not {_log_level!r}")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "hub.logs.LineFormatter", "fmt": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "filters": {"refusals": {"()": "hub.logs.WithoutRefusals"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["refusals"]}},
    "root": {"handlers": ["stderr"], "level": _log_level},
    "loggers": {
        "uvicorn.access": {"level": "WARNING"},
        "httpx2": {"level": "WARNING"},  # it would log addresses, and with them phone numbers
        "openai": {"level": "WARNING"},
        "celery": {"level": "INFO"},
        "django.security.DisallowedHost": {"level": "CRITICAL"},  # scanners
    },
}
