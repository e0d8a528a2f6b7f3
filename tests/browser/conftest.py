"""A real browser with the network off; where there is none, skip, or fail where CI=true."""

import importlib.util
import io
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import pytest
from PIL import Image

from omnibench.report.comparing import compare
from omnibench.report.opened import open_runs
from omnibench.report.verdict import GateResult, Verdict
from tests.report_pages import page_html
from tests.report_runs import missing, record, timed, write_eval, write_perf

AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def absent(what: str) -> NoReturn:
    """Skip, saying why; where CI=true an untested page is a failure."""
    if os.environ.get("CI") == "true":
        pytest.fail(what)
    pytest.skip(what)


@dataclass
class Opened:
    """The page in a browser, with whatever it complained of or asked for."""

    page: Any
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Debian's Chromium, driven by Playwright."""
    if importlib.util.find_spec("playwright") is None:
        absent("no Playwright here; it is in the group of test dependencies")
    from playwright.sync_api import sync_playwright

    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        absent("no Chromium here; on Debian: apt-get install chromium")
    # Root may not use Chromium's sandbox; the page is one that these tests made.
    flags = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as started:
        launched = started.chromium.launch(executable_path=found, args=flags)
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page with every part: verdict, changes, scores, timings, charts, samples with pictures."""
    folder = tmp_path_factory.mktemp("runs")
    sha256 = "a" * 64
    records = [record(n, right=n % 7 > 0, images=(sha256,)) for n in range(40)]
    others = [record(n, right=n % 3 > 0, images=(sha256,)) for n in range(40)]
    base = write_eval(folder / "base", records, name="base model")
    candidate = write_eval(
        folder / "candidate", others, name="candidate model",
        more={"accuracy/random": missing("fraction", "no rows of category random in the pack")},
    )  # fmt: skip
    for run in (base, candidate):
        (run.folder / "thumbnails").mkdir()
        picture = io.BytesIO()
        Image.new("RGB", (96, 64), "teal").save(picture, "webp")
        (run.folder / "thumbnails" / f"{sha256}.webp").write_bytes(picture.getvalue())
    timings = {"base model": timed(1.9, 14.0), "candidate model": timed(8.8, 9.1)}
    write_perf(folder / "perf", timings)
    comparison = compare(open_runs([base.folder]), open_runs([candidate.folder]), ())
    gates = (
        GateResult("accuracy", "noninferior", 0.01, "fail", "it lost 0.2", task="pope"),
        GateResult("request_j", "ceiling", 9.0, "inconclusive", "no sensor here", case="photo"),
        GateResult("n", "exact", 0.0, "pass", "the same", task="pope"),
    )
    html = page_html(
        *(folder / name for name in ("base", "candidate", "perf")),
        verdict=Verdict(gates), comparison=comparison,
    )  # fmt: skip
    path = folder / "report.html"
    path.write_text(html, encoding="utf-8")
    return path


@pytest.fixture
def opened(browser: Any, report: Path) -> Iterator[Any]:
    """Open the report: opened(width_px, **options of a browser context)."""
    contexts = []

    def start(width_px: int = 1440, **options: Any) -> Opened:
        context = browser.new_context(
            viewport={"width": width_px, "height": 900}, offline=True, **options
        )
        contexts.append(context)
        found = Opened(context.new_page())
        found.page.on(
            "console", lambda said: found.errors.append(said.text) if said.type == "error" else None
        )
        found.page.on("pageerror", lambda error: found.errors.append(str(error)))
        found.page.on("request", lambda request: found.requests.append(request.url))
        found.page.goto(report.as_uri())
        return found

    yield start
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def axe() -> str:
    """axe-core's script."""
    if not AXE.is_file():
        absent("no axe-core here; `npm ci --prefix tests/browser` fetches it")
    return AXE.read_text(encoding="utf-8")
