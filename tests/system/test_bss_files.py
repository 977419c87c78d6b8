"""Lists of the operator's own systems (docs/bss.md): in their own columns, with report, trial, resumption and reconciliation."""

import json
import subprocess

import pytest
from bss_stack import DEMO, Bss, BssStack, documented_mapping
from stack import BIN

HEADER = "Karte;Rufnummer;Tarif;Sperre\n"


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    mapping = tmp_path_factory.mktemp("mapping") / "list.json"
    mapping.write_text(documented_mapping())
    with Bss() as bss:
        made = BssStack(tmp_path_factory.mktemp("files"), bss, section={"file_mapping": mapping}, settings={"mode": "off"})
        try:
            yield made
        finally:
            made.stop()


def write(tmp_path, *lines, name="list.csv"):
    file = tmp_path / name
    file.write_text(HEADER + "".join(f"{line}\n" for line in lines))
    return file


def take(running, file, *more, check=True, source="crm"):
    return running.stack.ctl("subscriber", "import", "--tenant", "demo", "--source", source, file, "--json", *more, check=check)


def counts(done):
    said = json.loads(done.stdout)
    return tuple(said[name] for name in ("created", "changed", "unchanged", "refused"))


def test_a_list_in_columns_of_its_own_changes_what_it_says_and_wakes_that_alone(running, tmp_path):
    one, two, three = running.line("silver"), running.line("silver"), running.line("silver")
    two.patch(msisdn="+491701230002")
    before = len(running.events())
    assert one.authenticate().status == 200 and one.sms() == "1"
    file = write(tmp_path, f"{one.imsi};491701230001;Klein;", f"{two.imsi};491701230002;Mittel;", f"{three.imsi};;Mittel;S")
    assert counts(take(running, file)) == (0, 2, 1, 0)
    assert one.sms() == "2" and one.row()["msisdn"] == "+491701230001"
    assert three.row()["status"] == "suspended"
    assert {imsi for _, imsi, _ in running.events()[before:]} == {one.imsi, three.imsi}
    assert counts(take(running, file)) == (0, 0, 3, 0)
    said = running.api("GET", f"{DEMO}/explain?imsi={two.imsi}&app=ap2005")[1]["bss"]
    assert said["source"] == "crm" and said["asked_next_time"] is False


def test_bad_lines_are_reported_with_number_and_reason_and_hold_up_nobody(running, tmp_path):
    one, report = running.line("silver"), tmp_path / "report.txt"
    file = write(tmp_path, f"{one.imsi};;Riesig;", "x;;Klein;", f"{one.imsi};;", '"', f"{one.imsi};;Klein;")
    done = take(running, file, "--report", report, check=False)
    assert done.returncode == 1 and counts(done) == (0, 1, 0, 4)
    assert one.row()["plan"] == "basic"
    assert report.read_text().splitlines() == [
        "line 4: the line has fewer fields than the first one names", "line 5: a quoted field does not end on its line",
        'line 2: plan: "Riesig" is not in its table of values', "line 3: 6 to 15 digits (field: imsi)"]


def test_a_trial_says_what_would_be_and_changes_nothing(running, tmp_path):
    one = running.line("silver")
    before, row = len(running.events()), one.row()
    done = take(running, write(tmp_path, f"{one.imsi};;Klein;", "001010000888001;;Klein;"), "--dry-run")
    assert counts(done) == (1, 1, 0, 0) and json.loads(done.stdout)["dry_run"] is True
    assert one.row() == row and len(running.events()) == before


def test_json_lines_are_taken_with_and_without_a_mapping(running, tmp_path):
    one, file = running.line("silver"), tmp_path / "list.jsonl"
    file.write_text(json.dumps({"imsi": one.imsi, "plan": "gold", "vowifi": {"terms": "available"}}) + "\n" + '{"imsi": "x"}\n')
    done = running.stack.ctl("subscriber", "import", "--tenant", "demo", file, "--json", check=False)
    assert counts(done) == (0, 1, 0, 1) and one.row()["vowifi"]["terms"] == "available"
    file.write_text(json.dumps({"Karte": one.imsi, "Tarif": "Klein"}) + "\n")
    assert counts(take(running, file)) == (0, 1, 0, 0) and one.row()["plan"] == "basic"


def test_a_list_that_broke_off_goes_on_behind_what_is_in(running, tmp_path):
    """More than one batch; the server is gone for the second."""
    state, total = tmp_path / "state", 450
    imsis = [f"0010170{n:08}" for n in range(total)]
    file = write(tmp_path, *(f"{imsi};;Klein;" for imsi in imsis))
    command = [BIN / "openesctl", "subscriber", "import", "--tenant", "demo", "--source", "crm", "-", "--resume", str(state), "--json"]
    popen = subprocess.Popen(command, env=running.stack.env(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    lines = file.read_text().splitlines(keepends=True)
    popen.stdin.write("".join(lines[:300]))
    popen.stdin.flush()
    while not state.exists():
        assert popen.poll() is None
    popen.kill()
    popen.communicate()
    taken = json.loads(state.read_text())["line"]
    assert 0 < taken < 300
    done = take(running, file, "--resume", state)
    assert counts(done) == (total, 0, 0, 0)
    assert not state.exists()


def test_lines_that_the_whole_list_lacks_are_told_and_terminated_only_when_told_to(running, tmp_path):
    lines = [running.line("silver") for _ in range(4)]
    everybody = [item["imsi"] for page in _pages(running) for item in page]
    kept = [imsi for imsi in everybody if imsi not in (lines[0].imsi, lines[1].imsi)]
    report, file = tmp_path / "missing.txt", write(tmp_path, *(f"{imsi};;Mittel;" for imsi in kept))
    done = take(running, file, "--missing", "--report", report)
    assert json.loads(done.stdout)["missing"] == 2
    assert sorted(report.read_text().splitlines()) == sorted(f"missing: {line.imsi}" for line in lines[:2])
    assert take(running, file, "--terminate-missing", "1", check=False).returncode == 1
    assert {line.row()["status"] for line in lines} == {"active"}
    assert take(running, write(tmp_path, *(f"{imsi};;Mittel;" for imsi in kept), "x;;Mittel;", name="bad.csv"), "--terminate-missing", "9",
                check=False).returncode == 1
    assert lines[0].row()["status"] == "active"
    assert json.loads(take(running, file, "--terminate-missing", "2").stdout)["terminated"] == 2
    assert [line.row()["status"] for line in lines] == ["terminated", "terminated", "active", "active"]
    assert json.loads(take(running, file, "--missing").stdout)["missing"] == 0


def _pages(running):
    cursor = ""
    while cursor is not None:
        page = running.api("GET", f"{DEMO}/subscribers?limit=500" + (f"&cursor={cursor}" if cursor else ""))[1]
        yield [item for item in page["items"] if item["status"] != "terminated"]
        cursor = page.get("next")


def test_a_source_that_is_none_is_said(running, tmp_path):
    done = take(running, write(tmp_path, "001010000000001;;Klein;"), source="nobody", check=False)
    assert done.returncode == 1 and "is no section of the BSS file" in done.stderr
