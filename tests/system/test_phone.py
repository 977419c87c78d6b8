"""openes-phone against the real server: one phone with its story, many as load, and what it says when things go wrong."""

import json
import subprocess

import pytest
from stack import BIN, ROOT, free_port
from usim import TEST_SETS

K, OPC = TEST_SETS[0][:2]


@pytest.fixture
def phone(stack):
    """phone(*options, url=..., ca=...): the finished process."""
    def run(*options, url=None, ca=None):
        words = [word for word in options if word == "load"]
        return subprocess.run([BIN / "openes-phone", *words, "--url", url or f"https://localhost:{stack.port}/", "--ca", ca or stack.ca,
                               *map(str, options[len(words):])], capture_output=True, text=True, timeout=60)
    return run


@pytest.fixture
def sim_options():
    return ["--imsi", "001010000000001", "--k", K, "--opc", OPC]


def test_one_phone_tells_its_story(phone, sim_options, tmp_path):
    """V12-AUTH-01, V12-AUTH-02, V12-AUTH-06: every message is in it, no key is."""
    done = phone(*sim_options, "--state", tmp_path / "usim", "--save-token", tmp_path / "token", "--gzip")
    assert done.returncode == 0, done.stdout + done.stderr
    for word in ("EAP_ID", "AT_RAND", "AT_AUTN", "AT_RES", "AT_MAC", "ap2003", "A document with a token"):
        assert word in done.stdout, word
    assert K not in done.stdout and OPC not in done.stdout
    assert (tmp_path / "token").stat().st_mode & 0o777 == 0o600
    again = phone("--imsi", "001010000000001", "--token", (tmp_path / "token").read_text(), "--post", "--accept", "json", "--json")
    report = json.loads(again.stdout)
    assert again.returncode == 0 and report["result"] == "document" and report["requests"] == 1


def test_a_sim_that_is_ahead_resynchronises(phone, sim_options):
    """V12-AUTH-05, V12-AUTH-13"""
    done = phone(*[o.replace("000000001", "000000006") for o in sim_options[:2]], "--k", TEST_SETS[5][0], "--opc", TEST_SETS[5][1], "--sqn", "100000000000", "--json")
    report = json.loads(done.stdout)
    assert (done.returncode, report["resynchronisations"], report["challenges"]) == (0, 1, 2), report


def test_an_impostor_is_refused(phone, sim_options):
    """V12-AUTH-14"""
    done = phone(*sim_options, "--wrong-key")
    assert done.returncode == 1 and "403" in done.stdout and "token" not in done.stdout.rsplit("\n", 4)[0].split("403", 1)[1]


def test_many_phones_make_a_report(phone, tmp_path):
    done = phone("--subscribers", ROOT / "deploy/demo/subscribers.csv", "--for", "1s", "--connections", 4, "--mix", "auth=1,token=3", "--json", tmp_path / "report")
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads((tmp_path / "report").read_text())
    assert report["auth"]["ok"] > 0 and report["token"]["ok"] > 0 and report["seconds"] >= 1
    assert 0 < report["auth"]["p50_us"] <= report["auth"]["p90_us"] <= report["auth"]["p99_us"] <= report["auth"]["max_us"]
    for word in ("p50 ms", "p99 ms", "last answers:", "requests in"):
        assert word in done.stdout


def test_a_rate_is_kept(phone, tmp_path):
    phone("--subscribers", ROOT / "deploy/demo/subscribers.csv", "--for", "2s", "--connections", 8, "--rate", "20/s", "--mix", "token=1", "--json", tmp_path / "report")
    report = json.loads((tmp_path / "report").read_text())
    assert sum(report[kind]["ok"] + report[kind]["failed"] for kind in ("auth", "token")) == 40


def test_reconnecting_phones_are_served(phone, tmp_path):
    done = phone("--subscribers", ROOT / "deploy/demo/subscribers.csv", "--for", "1s", "--connections", 2, "--reconnect", "--mix", "token=1", "--json", tmp_path / "report")
    report = json.loads((tmp_path / "report").read_text())
    assert done.returncode == 0 and report["token"]["failed"] == 0 and report["token"]["ok"] > 0


def test_a_companion_may_be_offered(phone, sim_options):
    """A flow of one request, with the SIM: everything that is said of it is in the story"""
    done = phone(*sim_options, "--odsa", "eligibility", "--accept", "json")
    assert done.returncode == 0, done.stdout + done.stderr
    for word in ("Step 1 of 1", "CheckEligibility", "companion_terminal_id", "AT_RES", "CompanionAppEligibility", "(success)", "came to its end"):
        assert word in done.stdout, word


def test_many_companions_ask(phone, tmp_path):
    """Flows under load: each phone has authenticated before the clock starts"""
    active = tmp_path / "active.csv"
    active.write_text("\n".join((ROOT / "deploy/demo/subscribers.csv").read_text().splitlines()[:5]))
    done = phone("load", "--odsa", "eligibility", "--subscribers", active, "--for", "1s", "--connections", 3, "--json", tmp_path / "report")
    report = json.loads((tmp_path / "report").read_text())
    assert report["requests"] == report["odsa"]["ok"] > 0 and report["odsa"]["failed"] == 0, done.stdout + done.stderr


def test_what_goes_wrong_is_said(phone, sim_options, tmp_path):
    other = tmp_path / "other.crt"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=other", "-keyout",
                    tmp_path / "key", "-out", other], check=True, capture_output=True)
    for options, words in (
            ({"ca": other}, ("not trusted", "--ca")),
            ({"ca": "/nowhere"}, ("--ca /nowhere",)),
            ({"url": f"https://localhost:{free_port()}/"}, ("cannot connect", "refused")),
            ({"url": "ftp://localhost/"}, ("--url", "https://")),
            ({"url": "https://host.invalid/"}, ("host.invalid",))):
        done = phone(*sim_options, **options)
        text = done.stdout + done.stderr
        assert done.returncode != 0 and all(word in text for word in words), text
