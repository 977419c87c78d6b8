"""What a person meets who configures a process: its sentences, before anything runs."""

import os
import subprocess

import pytest
from stack import BIN, Stack


@pytest.fixture(scope="module")
def configured(tmp_path_factory):
    """The configuration files of a server that is never started."""
    made = Stack(tmp_path_factory.mktemp("config"))
    made.start()
    made.stop()
    return made


def ask(configured, service, *options, extra="", **environment):
    path = configured.dir / "asked.conf"
    path.write_text(configured[f"{service}0"].config.read_text() + extra)
    return subprocess.run([BIN / f"openes-{service}", "--config", path, *options], capture_output=True, text=True, timeout=30,
                          env={**os.environ, **environment})


@pytest.mark.parametrize("service", ["gateway", "auth", "policy", "esim", "notify"])
def test_a_right_configuration_is_said_to_be_right_and_printed_whole(configured, service):
    assert ask(configured, service, "--check-config").returncode == 0
    printed = ask(configured, service, "--print-config")
    assert printed.returncode == 0 and "log_level = debug" in printed.stdout and "ops_listen" in printed.stdout


@pytest.mark.parametrize("extra,named", [
    ("listne = 127.0.0.1:1\n", "listne"),
    ("log_level = loud\n", "log_level"),
    ("drain = soon\n", "drain"),
])
@pytest.mark.parametrize("option", ["--check-config", None])
def test_a_wrong_key_or_value_ends_the_start_with_a_sentence_that_names_it(configured, extra, named, option):
    kept = "\n".join(line for line in configured["auth0"].config.read_text().splitlines() if not line.startswith(("log_level", "drain")))
    path = configured.dir / "wrong.conf"
    path.write_text(kept + "\n" + extra)
    answer = subprocess.run([BIN / "openes-auth", "--config", path, *([option] if option else [])], capture_output=True, text=True, timeout=30)
    assert answer.returncode == 1 and named in answer.stderr and answer.stdout == ""


def test_the_environment_stands_over_the_file(configured):
    printed = ask(configured, "policy", "--print-config", OPENES_POLICY_LOG_LEVEL="error")
    assert "log_level = error" in printed.stdout
    refused = ask(configured, "policy", "--check-config", OPENES_POLICY_LOG_LEVEL="loud")
    assert refused.returncode == 1 and "loud" in refused.stderr


def test_a_password_in_a_database_address_is_not_printed(configured):
    printed = ask(configured, "notify", "--print-config", OPENES_NOTIFY_DB="postgresql://openes:hunter2@db/openes")
    assert printed.returncode == 0 and "hunter2" not in printed.stdout and "db =" in printed.stdout
