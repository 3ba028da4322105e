"""The MLflow UI in headless Chromium: the parent, its nine children, their curves and figures."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import matplotlib.figure
import pytest
from selenium.webdriver import Chrome, ChromeOptions, ChromeService
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from pipeline_lib import presets, tracking
from pipeline_lib.params import Params
from pipeline_lib.tracking import store

STAGES = (
    *("download", "clean", "corpus", "tokenizer", "shard"),
    *("pretrain", "sft", "grpo", "evaluate"),
)
SECONDS = 40
ROOT = Path(__file__).parents[2]
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--disable-dev-shm-usage", "--window-size=1600,1200"),
)

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.skipif(
        not (shutil.which("chromium") and shutil.which("chromedriver")),
        reason="Debian's chromium and chromium-driver are not installed",
    ),
]


def run_pipeline(params: Params) -> None:
    """Nine stages as `stage.run` reports them, in no time."""
    for stage in STAGES:
        plots = Path("plots") / stage
        with tracking.of_stage(stage, params, {stage: getattr(params, stage)}, [plots]) as tracker:
            for step in range(1, 40):
                tracker.add({"step": step, "loss": 5 / step, "gradient_norm": 1.0})
            tracker.add({f"{stage}.rows": 3})
            plots.mkdir(parents=True)
            figure = matplotlib.figure.Figure()
            figure.add_subplot().plot([3, 2, 1])
            figure.savefig(plots / "figure.png")
            Path("metrics").mkdir(exist_ok=True)
            Path(f"metrics/{stage}.json").write_text(json.dumps({"loss": 5 / 39}))


@contextmanager
def served(root: Path) -> Iterator[str]:
    """The UI over a project's store."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    command = [sys.executable, "-m", "mlflow", "ui", "--workers", "1", "--port", str(port)]
    environment = {**os.environ, **store.QUIET, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    with Path("ui.log").open("wb") as log:
        server = subprocess.Popen(
            [*command, "--backend-store-uri", store.address(root)],
            stdout=log,
            stderr=log,
            env=environment,
            start_new_session=True,
        )
    try:
        wait_for(f"http://127.0.0.1:{port}/health")
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(20)


def wait_for(address: str) -> None:
    end = time.monotonic() + SECONDS
    while True:
        try:
            urllib.request.urlopen(address, timeout=5).close()
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)
        else:
            return


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Chrome]:
    options = ChromeOptions()
    options.binary_location = str(shutil.which("chromium"))
    for flag in (*FLAGS, f"--user-data-dir={tmp_path / 'chromium'}"):
        options.add_argument(flag)
    driver = Chrome(options=options, service=ChromeService(shutil.which("chromedriver")))
    try:
        yield driver
    finally:
        driver.quit()


def see(browser: Chrome, address: str, is_there: Callable[[str], bool], picture: str) -> str:
    """Open a page and wait until its text is as wanted; keep a picture; its text."""
    browser.get("about:blank")  # or a change behind the # alone would load nothing
    browser.get(address)
    return wait_until(browser, is_there, picture)


def wait_until(browser: Chrome, is_there: Callable[[str], bool], picture: str) -> str:
    try:
        WebDriverWait(browser, SECONDS).until(lambda driver: is_there(text_of(driver)))
    finally:
        keep_picture(browser, picture)
    return text_of(browser)


def text_of(browser: Chrome) -> str:
    return str(browser.find_element(By.TAG_NAME, "body").text)


def keep_picture(browser: Chrome, name: str) -> None:
    browser.save_screenshot(str(pictures() / f"{name}.png"))


def pictures() -> Path:
    """Where screenshots go: BONSAI_SCREENSHOTS, to look at them."""
    folder = Path(os.environ.get("BONSAI_SCREENSHOTS", "screenshots"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def test_a_person_finds_the_pipeline_its_nine_stages_their_curves_and_figures(
    project: Path, browser: Chrome, main_project: Path, params: Params
) -> None:
    run_pipeline(params)
    review(main_project, browser, "figure.png")


@pytest.mark.slow
def test_a_person_finds_all_that_in_a_pipeline_that_ran(
    tmp_path: Path, browser: Chrome, monkeypatch: pytest.MonkeyPatch
) -> None:
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", ROOT, clone], check=True)
    presets.apply(clone / "params.yaml", ["default", "smoke"])
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.delenv("BONSAI_TRACKING")
    subprocess.run(["dvc", "repro", "-q", "-f"], cwd=clone, check=True)
    monkeypatch.chdir(tmp_path)
    review(clone, browser, "pretrain.png")


def review(root: Path, browser: Chrome, figure: str) -> None:
    """Open the runs, the parent, a curve and a figure; fail where one is not there."""
    opened = store.connect(root)
    every = opened.client.search_runs([opened.experiment_id])
    runs = {run.data.tags.get("bonsai.stage", "parent"): run.info.run_id for run in every}
    with served(root) as address:
        look(f"{address}/#/experiments/{opened.experiment_id}/runs", runs, browser, figure)


def look(of_run: str, runs: dict[str, str], browser: Chrome, figure: str) -> None:
    see(browser, of_run, lambda text: "10 matching runs" in text, "runs-folded")
    browser.find_element(By.CSS_SELECTOR, "[col-id='attributes.`Run Name`'] button").click()
    listed = wait_until(browser, lambda text: all(stage in text for stage in STAGES), "runs")
    assert listed.count("repro-") == 1

    see(browser, f"{of_run}/{runs['parent']}", is_parent_with_children, "parent")
    see(browser, f"{of_run}/{runs['pretrain']}/model-metrics", shows("gradient_norm"), "curves")
    WebDriverWait(browser, SECONDS).until(
        lambda driver: driver.find_elements(By.CSS_SELECTOR, ".js-plotly-plot .js-line")
    )
    keep_picture(browser, "curves")
    see(
        browser,
        f"{of_run}/{runs['evaluate']}/artifacts/plots/{figure}",
        shows("Path: "),
        "figure",
    )
    drawn = WebDriverWait(browser, SECONDS).until(
        lambda driver: driver.find_element(By.CSS_SELECTOR, f"img[alt='plots/{figure}']")
    )
    WebDriverWait(browser, SECONDS).until(lambda _: drawn.size["width"] > 100)
    keep_picture(browser, "figure")


def is_parent_with_children(text: str) -> bool:
    return "Child runs" in text and all(stage in text for stage in STAGES)


def shows(words: str) -> Callable[[str], bool]:
    return lambda text: words in text
