"""Rows on their way to MLflow: nothing waits for a server, nothing is lost that came back in time."""

import threading
import time
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib import tracking
from pipeline_lib.params import Params
from pipeline_lib.tracking import sender
from pipeline_lib.tracking.runs import Child, Points
from pipeline_lib.tracking.sender import Rows, Sender

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def steps(points: Points, name: str) -> list[tuple[int, float]]:
    return [(step, value) for known, value, _, step in points if known == name]


def all_points(rows: list[dict[str, Any]]) -> Points:
    seen = Rows()
    return [point for row in rows for point in seen.points(row)]


def test_a_summary_stands_at_the_last_step() -> None:
    found = all_points([{"step": 10, "loss": 2.0}, {"best": 1.0}])
    assert steps(found, "best") == [(10, 1.0)]


def test_a_summary_that_repeats_the_curves_end_is_no_point_and_another_comes_after() -> None:
    same = all_points([{"step": 10, "loss": 2.0}, {"loss": 2.0}])
    assert steps(same, "loss") == [(10, 2.0)]
    other = all_points([{"step": 10, "loss": 2.0}, {"loss": 1.5}])
    assert steps(other, "loss") == [(10, 2.0), (11, 1.5)]


def test_rows_without_any_step_start_at_0() -> None:
    assert steps(all_points([{"rows": 3}, {"rows": 4}]), "rows") == [(0, 3.0), (1, 4.0)]


def test_a_number_that_is_not_finite_is_no_point() -> None:
    assert all_points([{"step": 1, "kl": float("nan"), "z": float("inf")}]) == []


class Server(Child):
    """Stands in for MLflow: away until told otherwise."""

    def __init__(self) -> None:
        self.away = True
        self.arrived: Points = []
        self.ended = ""
        self.asked = 0

    def open(self) -> Child:
        self.asked += 1
        if self.away:
            raise ConnectionError("no route")
        return self

    def send(self, points: Points) -> None:
        if self.away:
            raise ConnectionError("no route")
        self.arrived += points

    def end(self, status: str) -> None:
        self.ended = status


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    monkeypatch.setattr(sender, "FLUSH_SECONDS", 0.01)
    return Server()


def start(server: Server) -> Sender:
    made = Sender(open=server.open, conclude=lambda _child: None)
    made.start()
    return made


def test_a_server_that_comes_back_gets_everything(server: Server) -> None:
    running = start(server)
    for step in range(50):
        running.add({"step": step, "loss": 1.0})
        time.sleep(0.002)
    server.away = False
    running.end("FINISHED")
    assert steps(server.arrived, "loss") == [(step, 1.0) for step in range(50)]
    assert server.ended == "FINISHED"
    assert running.fault == ""


def test_a_server_that_goes_away_in_the_middle_gets_no_point_twice(server: Server) -> None:
    server.away = False
    running = start(server)
    for step in range(60):
        server.away = 20 <= step < 40
        running.add({"step": step, "loss": 1.0})
        time.sleep(0.002)
    server.away = False
    running.end("FINISHED")
    assert steps(server.arrived, "loss") == [(step, 1.0) for step in range(60)]
    assert server.ended == "FINISHED"


def test_a_server_that_stays_away_leaves_a_reason(server: Server) -> None:
    running = start(server)
    running.add({"step": 1, "loss": 1.0})
    running.end("FINISHED")
    assert running.fault == "no route"
    assert server.ended == ""


def test_adding_a_row_waits_for_nobody(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    held = threading.Event()
    monkeypatch.setattr(server, "open", lambda: held.wait(5) and None)
    running = start(server)
    start_time = time.monotonic()
    for step in range(1000):
        running.add({"step": step, "loss": 1.0})
    assert time.monotonic() - start_time < 1
    held.set()
    running.end("FAILED")


def test_a_closed_port_costs_seconds_and_one_sentence(
    project: Path, params: Params, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr("pipeline_lib.progress.say", said.append)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    start_time = time.monotonic()
    with tracking.of_stage("sft", params, {"sft": params.sft}, []) as tracker:
        tracker.add({"step": 1, "loss": 1.0})
    assert time.monotonic() - start_time < 10
    (sentence,) = said
    assert sentence == (
        "tracking server http://127.0.0.1:9 is away: metrics are in metrics/ and plots/; "
        "run `bonsai track` later (it does not answer)"
    )
