"""What the environment may say, and what production refuses."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from tests.server import ROOT

KEYS = {"HUB_SECRET_KEY": "k" * 50, "HUB_FIELD_KEYS": Fernet.generate_key().decode()}


def load(tmp_path: Path, expression: str = "''", **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("HUB_", "DATABASE_", "REDIS_", "CELERY_"))}
    return subprocess.run(
        [sys.executable, "-c", f"from hub import settings; print({expression})"],
        cwd=ROOT,
        env=clean | {"HUB_DATA_DIR": str(tmp_path)} | environment,
        capture_output=True,
        text=True,
        timeout=30,
    )


@pytest.mark.parametrize("reach", [{"HUB_PUBLIC_URL": "https://hub.example.com"}, {"HUB_BIND": "0.0.0.0:8000"}])
@pytest.mark.parametrize("missing", ["HUB_SECRET_KEY", "HUB_FIELD_KEYS"])
def test_production_needs_its_own_keys(tmp_path: Path, reach: dict[str, str], missing: str) -> None:
    done = load(tmp_path, **{k: v for k, v in KEYS.items() if k != missing}, **reach)
    assert done.returncode != 0
    assert f"{missing} is not set" in done.stderr
    assert not list(tmp_path.iterdir())


def test_production_starts_with_keys_and_secure_cookies(tmp_path: Path) -> None:
    expression = "settings.PRODUCTION, settings.SESSION_COOKIE_SECURE, settings.ALLOWED_HOSTS"
    done = load(tmp_path, expression, HUB_PUBLIC_URL="https://hub.example.com", **KEYS)
    assert done.stdout.strip() == "True True ['hub.example.com']", done.stderr


def test_production_refuses_any_host(tmp_path: Path) -> None:
    done = load(tmp_path, HUB_PUBLIC_URL="https://hub.example.com", HUB_ALLOWED_HOSTS="*", **KEYS)
    assert "HUB_ALLOWED_HOSTS must name the hosts" in done.stderr


def test_a_laptop_keeps_the_keys_it_made(tmp_path: Path) -> None:
    first, second = load(tmp_path, "settings.SECRET_KEY"), load(tmp_path, "settings.SECRET_KEY")
    assert first.stdout == second.stdout and len(first.stdout) > 40
    assert (tmp_path / "secret.key").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "name, value",
    [
        ("HUB_REORDER_MS", "soon"),
        ("HUB_DRAIN_SECONDS", "-1"),
        ("HUB_PUBLIC_URL", "hub"),
        ("HUB_FIELD_KEYS", "abc"),
        ("HUB_OUTGOING_ALLOW", "llm.internal, 10.0.0.0/8x"),
        ("HUB_OUTGOING_ALLOW", "10.0.0"),
        ("HUB_SUMMARY_URL", "https://llm.example.com/v1"),  # without a model
    ],
)
def test_nonsense_is_refused_by_name(tmp_path: Path, name: str, value: str) -> None:
    done = load(tmp_path, **{name: value})
    assert done.returncode != 0
    assert name in done.stderr.splitlines()[-1]
