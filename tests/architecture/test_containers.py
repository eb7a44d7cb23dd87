"""Dockerfile and compose.yaml: linted, consistent, and the image's steps carried out by hand."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from django.conf import settings

from portal.core import reference
from portal.embedded import free_port

ROOT = Path(settings.BASE_DIR)
DOCKERFILE = ROOT / "Dockerfile"
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES = COMPOSE["services"]
PORTAL = {name: service for name, service in SERVICES.items() if service["image"] == "oh-workforce-portal"}


def _instructions() -> list[tuple[str, str]]:
    text = re.sub(r"^\s*#.*\n", "", DOCKERFILE.read_text(), flags=re.MULTILINE)
    lines = re.sub(r"\\\n\s*", " ", text).splitlines()
    return [(word, rest) for line in lines if line.strip() for word, _, rest in [line.partition(" ")]]


def test_hadolint_finds_nothing() -> None:
    done = subprocess.run(
        [str(Path(sys.executable).with_name("hadolint")), "--failure-threshold", "info", str(DOCKERFILE)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_image_runs_as_nobody_in_particular_and_says_how_it_is() -> None:
    words = _instructions()
    last_stage = words[max(number for number, (word, _) in enumerate(words) if word == "FROM") :]
    users = [rest for word, rest in last_stage if word == "USER"]
    assert users
    assert users[-1] not in {"root", "0"}
    assert any(word == "HEALTHCHECK" for word, _ in last_stage)
    assert [word for word, _ in words].count("FROM") == 2
    assert not any("SECRET_KEY" in rest for word, rest in last_stage if word in {"ENV", "ARG"})
    assert all(":" in rest and ":latest" not in rest for word, rest in words if word == "FROM")


def test_what_the_dockerfile_copies_is_let_through_and_exists() -> None:
    let = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    for word, rest in _instructions():
        if word == "COPY" and not rest.startswith("--from"):
            for source in rest.split()[:-1]:
                assert (ROOT / source).exists(), source
                assert any(source == name or source.startswith(f"{name}/") for name in let), source


def test_every_folder_that_the_settings_name_is_in_the_image() -> None:
    """What is forgotten here fails quietly: without the catalogues the site is English only."""
    copied = {place for word, rest in _instructions() if word == "COPY" for place in rest.split()[1:]}
    # static/build is made in the image.
    named = [*settings.TEMPLATES[0]["DIRS"], *settings.LOCALE_PATHS, *settings.STATICFILES_DIRS]
    wanted = {str(Path(folder).relative_to(ROOT)) for folder in named} - {"static/build"}
    assert wanted == {"templates", "locale", "static/src"}
    assert wanted <= copied


def test_compose_has_every_process_and_server() -> None:
    assert {"public", "service", "worker", "beat", "migrate", "postgres", "valkey", "files"} <= set(SERVICES)
    for name, service in SERVICES.items():
        assert re.search(r":\S*\d", service["image"]) or service["image"] == "oh-workforce-portal", name
        assert set(service.get("depends_on", {})) <= set(SERVICES), name
        assert set(service["networks"]) <= set(COMPOSE["networks"]), name
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert source in COMPOSE["volumes"] or (ROOT / source).exists(), volume
    servers = {SERVICES[name]["image"].split("/")[-1].split("-")[0] for name in ("postgres", "valkey")}
    assert servers == {"postgres:18", "valkey:9"}
    assert COMPOSE["networks"]["data"]["internal"] is True


@pytest.mark.parametrize("name", sorted(PORTAL))
def test_our_processes_have_no_more_than_they_need(name: str) -> None:
    service = PORTAL[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    known = {
        variable
        for _group, variable, _default, _sentence in reference.environment_variables(
            (ROOT / ".env.example").read_text()
        )
    }
    assert set(service["environment"]) <= known


def test_the_public_process_gets_no_key_to_personal_data() -> None:
    environment = SERVICES["public"]["environment"]
    assert environment["PORTAL_PROCESS"] == "public"
    refused = {
        "DATABASE_URL",
        "SUBMISSIONS_DATABASE_URL",
        "PSEUDONYM_KEY",
        "UPLOAD_ENCRYPTION_KEY",
        "S3_PRIVATE_BUCKET",
    }
    assert not refused & set(environment)
    assert "portal_submissions" not in json.dumps(environment)
    assert "staff" not in SERVICES["public"]["networks"]


def test_every_secret_must_be_given() -> None:
    text = (ROOT / "compose.yaml").read_text()
    for name in set(re.findall(r"\$\{([A-Z0-9_]*(?:PASSWORD|KEY))\b", text)):
        assert re.search(rf"\$\{{{name}:\?", text), f"{name} has no message for when it is missing"


@pytest.mark.parametrize("process", ["public", "service", "owner"])
def test_production_starts_with_what_compose_gives_and_not_with_less(process: str) -> None:
    name = {"owner": "migrate"}.get(process, process)
    given = {key: re.sub(r"\$\{[^}]*\}", "given", str(value)) for key, value in SERVICES[name]["environment"].items()}
    clean = {key: value for key, value in os.environ.items() if key in {"PATH", "HOME", "LANG"}}
    code = "import django; django.setup(); from django.conf import settings; print(','.join(settings.DATABASES))"

    def start(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False,
            env={**clean, "DJANGO_SETTINGS_MODULE": "portal.settings.production", **environment},
        )  # fmt: skip

    whole = start(given)
    assert whole.returncode == 0, whole.stderr
    assert whole.stdout.strip() == ("default" if process == "public" else "default,submissions")
    less = start({key: value for key, value in given.items() if key != "SECRET_KEY"})
    assert "Set SECRET_KEY" in less.stderr


def _steps(target: Path) -> Iterator[str]:
    """Yield the shell lines of the build stage, with the image's ``/app`` in a folder of this machine."""
    for word, rest in _instructions()[1:]:
        if word == "FROM":
            return
        if word == "COPY":
            *sources, place = rest.split()
            for source in sources:
                folder = target / place
                whole = (ROOT / source).is_dir()
                wanted = folder if whole else folder / Path(source).name
                yield f"mkdir -p {shlex.quote(str(wanted.parent))} && cp -r {shlex.quote(str(ROOT / source))} {shlex.quote(str(wanted))}"
        if word == "RUN":
            yield rest.replace("/app", str(target))


@pytest.mark.slow
def test_the_steps_of_the_image_work_in_a_clean_folder(tmp_path: Path) -> None:
    """No engine is needed: the build stage's own lines, then the start command, then the health check."""
    target = tmp_path / "app"
    target.mkdir()
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("PORTAL", "DJANGO", "PYTEST"))}
    for step in _steps(target):
        done = subprocess.run(
            ["bash", "-euc", step], cwd=target, env=clean, capture_output=True, text=True, check=False, timeout=1800
        )
        assert done.returncode == 0, f"{step}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
    assert (target / "collected" / "staticfiles.json").exists()
    assert not (target / "node_modules").exists()
    command = json.loads(next(rest for word, rest in reversed(_instructions()) if word == "CMD"))
    port = str(free_port())
    environment = {
        **clean,
        **{
            key: re.sub(r"\$\{[^}]*\}", "given", str(value)) for key, value in SERVICES["public"]["environment"].items()
        },
        "DJANGO_SETTINGS_MODULE": "portal.settings.production",
        "STATIC_ROOT": str(target / "collected"),
        "ALLOWED_HOSTS": "localhost",
        "PORT": port,
    }
    line = [part.replace("0.0.0.0:8000", f"127.0.0.1:{port}") for part in command]
    with (tmp_path / "web.log").open("wb") as log:
        web = subprocess.Popen(
            [str(target / ".venv/bin" / line[0]), *line[1:]], cwd=target, env=environment, stdout=log, stderr=log
        )
    try:
        health = [str(target / ".venv/bin/python"), "scripts/healthcheck.py"]
        for _attempt in range(240):
            done = subprocess.run([*health], cwd=target, env=environment, check=False, capture_output=True, timeout=120)
            if done.returncode == 0 or web.poll() is not None:
                break
            subprocess.run(["sleep", "0.5"], check=True)
        assert done.returncode == 0, (tmp_path / "web.log").read_text()[-3000:]
    finally:
        web.terminate()
        web.wait(timeout=120)
        shutil.rmtree(target)
