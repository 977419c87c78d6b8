"""What the documents name is there: links, files, functions, configuration keys."""

import re
import subprocess
from pathlib import Path

import pytest

from stack import BIN, ROOT

PAGES = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
FILES = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
SPAN = re.compile(r"`([^`\n]+)`")


def text_of(page):
    """Without blocks of code."""
    return re.sub(r"^```.*?^```", "", (ROOT / page).read_text(), flags=re.S | re.M)


def anchors(page):
    return {re.sub(r"[^\w -]", "", heading.lower()).strip().replace(" ", "-") for heading in re.findall(r"^#+ (.*)$", text_of(page), re.M)}


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page):
    for target in re.findall(r"\]\(([^)]+)\)", text_of(page)):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (ROOT / page).parent / path if path else ROOT / page
        assert file.exists(), f"{page} links to {target}"
        assert not anchor or anchor in anchors(file.relative_to(ROOT)), f"{page} links to {target}: there is no such heading"


@pytest.mark.parametrize("page", PAGES)
def test_every_source_file_that_is_named_exists(page):
    names = {Path(file).name for file in FILES}
    for span in SPAN.findall(text_of(page)):
        if re.fullmatch(r"\w[\w./-]*\.(c|h|py|sh|sql|proto|md|yaml|tsv|cmake)", span) and "_N." not in span:
            found = span in FILES if "/" in span else span in names
            assert found or (ROOT / page).parent.joinpath(span).exists() or span == "x_test.c", f"{page} names {span}"


@pytest.mark.parametrize("page", [page for page in PAGES if page != "docs/conformance.md"])  # TS.43's own functions
def test_every_function_that_is_named_exists(page):
    source = "\n".join((ROOT / file).read_text(errors="replace") for file in FILES if file.endswith((".c", ".h", ".py", ".cmake")))
    for span in SPAN.findall(text_of(page)):
        name = re.match(r"(\w+)\(\)", span)
        assert not name or re.search(rf"\b{name[1]}\b", source), f"{page} names {span}"


def test_the_page_of_configuration_keys_is_what_the_programs_say():
    done = subprocess.run([ROOT / "tools/config-docs.py", "--check", "--bin", BIN], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
