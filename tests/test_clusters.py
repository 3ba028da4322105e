"""The same pieces on Ray and on Dask, each a cluster of two nodes on this machine."""

import importlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from contextlib import closing
from pathlib import Path
from typing import Any, Protocol

import pytest

from pipeline_lib import engine
from pipeline_lib.engine import clusters, mapping
from pipeline_lib.errors import DataError, ParamsError
from pipeline_lib.formats import tables
from pipeline_lib.params import FileSource, Params
from pipeline_lib.sources import pieces
from pipeline_lib.tales import tale
from stages import clean, corpus, download, shard, tokenizer
from tests.test_engine import double, is_running, own_process, third_row

pytestmark = pytest.mark.filterwarnings("ignore")


class Nodes(Protocol):
    """A cluster whose nodes have one core each, and come and go."""

    kind: engine.Kind
    address: str

    def add(self) -> Any: ...
    def kill(self, node: Any) -> None: ...
    def close(self) -> None: ...


class RayNodes:
    kind: engine.Kind = "ray"

    def __init__(self) -> None:
        from ray.cluster_utils import Cluster

        self._cluster: Any = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
        self.address = self._cluster.address

    def add(self) -> Any:
        return self._cluster.add_node(num_cpus=1)

    def kill(self, node: Any) -> None:
        self._cluster.remove_node(node, allow_graceful=False)

    def close(self) -> None:
        self._cluster.shutdown()


class DaskNodes:
    """Each node is started as on a machine of its own: by the command."""

    kind: engine.Kind = "dask"

    def __init__(self, folder: Path) -> None:
        self._folder, self._running = folder, list[subprocess.Popen[bytes]]()
        at = folder / "scheduler.json"
        self.scheduler = self._run("scheduler", "--scheduler-file", str(at), "--port", "0")
        self.address = str(once(lambda: told(at)))
        self.add()

    def add(self) -> Any:
        return self._run("worker", self.address, "--nthreads", "1", "--no-nanny")

    def _run(self, name: str, *options: str) -> subprocess.Popen[bytes]:
        module = f"distributed.cli.dask_{name}"
        command = [sys.executable, "-m", module, *options, "--no-dashboard", "--host", "127.0.0.1"]
        paths = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
        quiet = subprocess.DEVNULL
        self._running.append(
            subprocess.Popen(command, cwd=self._folder, env=paths, stdout=quiet, stderr=quiet)
        )
        return self._running[-1]

    def kill(self, node: Any) -> None:
        node.kill()
        node.wait()

    def close(self) -> None:
        for process in reversed(self._running):
            self.kill(process)


def told(at: Path) -> str:
    try:
        return str(json.loads(at.read_text())["address"])
    except (FileNotFoundError, ValueError):
        return ""


def once(something: Callable[[], Any]) -> Any:
    """Wait until it is there."""
    for _ in range(1200):
        if found := something():
            return found
        time.sleep(0.025)
    raise AssertionError("waited for thirty seconds")


@pytest.fixture(scope="module")
def ray() -> Iterator[Nodes]:
    pytest.importorskip("ray")
    with closing(RayNodes()) as nodes:
        yield nodes


@pytest.fixture(scope="module")
def dask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nodes]:
    pytest.importorskip("distributed")
    with closing(DaskNodes(tmp_path_factory.mktemp("dask"))) as nodes:
        yield nodes


@pytest.fixture(scope="module", params=["ray", "dask"])
def cluster(request: pytest.FixtureRequest) -> Iterator[Nodes]:
    nodes: Nodes = request.getfixturevalue(request.param)
    nodes.add()
    with engine.on(nodes.kind, nodes.address):
        yield nodes


def meet(path: Path) -> str:
    """Waits until as many pieces are under way at once as `path` asks for, or the gate is open."""
    _note(path)
    folder = path.parent
    wanted = int((folder / "wanted").read_text())
    once(lambda: (folder / "gate").exists() or len(list(folder.glob("run-*"))) >= wanted)
    return path.name


def _note(path: Path) -> None:
    """One file each time that a piece is begun."""
    begun = path.parent / f"run-{path.name}-{time.time_ns()}"
    begun.with_name(f".{begun.name}").write_text(str(os.getpid()))
    begun.with_name(f".{begun.name}").rename(begun)  # whole as soon as it is seen


def runs(folder: Path, name: str = "*") -> int:
    return len(list(folder.glob(f"run-{name}-*")))


def noted(path: Path) -> str:
    _note(path)
    return path.name


def numbered(folder: Path, count: int) -> list[Path]:
    """Pieces of that many names."""
    return [folder / str(number) for number in range(count)]


@pytest.mark.usefixtures("cluster")
def test_results_come_in_the_order_of_the_pieces_from_other_processes() -> None:
    assert list(engine.map(double, list(range(9)), 0)) == list(range(0, 18, 2))
    assert os.getpid() not in set(engine.map(own_process, list(range(8)), 0))


@pytest.mark.usefixtures("cluster")
def test_a_failed_piece_names_its_document_and_the_others_are_finished() -> None:
    results = engine.map(third_row, [1, 2, 3, 4, 5], 0)
    assert [next(results) for _ in range(4)] == [1, 2, 4, 5]
    with pytest.raises(DataError, match=r"part-3.parquet, row 3: RuntimeError: a sign"):
        next(results)


def where(_: int) -> str:
    return str(Path.cwd())


@pytest.mark.usefixtures("cluster")
def test_workers_stand_in_the_folder_of_the_stage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert set(engine.map(where, [1, 2, 3], 0)) == {str(tmp_path)}


@pytest.mark.usefixtures("cluster")
def test_both_nodes_take_pieces(tmp_path: Path) -> None:
    (tmp_path / "wanted").write_text("2")
    pieces = numbered(tmp_path, 4)
    assert list(engine.map(meet, pieces, 0)) == [piece.name for piece in pieces]


def test_a_node_that_is_lost_under_a_piece_costs_nothing(cluster: Nodes, tmp_path: Path) -> None:
    (tmp_path / "wanted").write_text("99")
    third = cluster.add()

    def lose() -> None:
        once(lambda: runs(tmp_path) == 3)  # a core each: one of them is the third node's
        under_way = [int(run.read_text()) for run in tmp_path.glob("run-*")]
        cluster.kill(third)
        once(lambda: not all(is_running(process) for process in under_way))
        (tmp_path / "gate").touch()

    losing = threading.Thread(target=lose)
    losing.start()
    pieces = numbered(tmp_path, 6)
    assert list(engine.map(meet, pieces, 0)) == [piece.name for piece in pieces]
    losing.join()
    assert runs(tmp_path) == 7


def ray_losses() -> list[Exception]:
    gone: Any = importlib.import_module("ray.exceptions")
    return [
        gone.WorkerCrashedError(),
        gone.OutOfMemoryError("asked for too much"),
        gone.NodeDiedError("gone"),
        gone.ObjectLostError("00" * 28, None, "here"),
        gone.LocalRayletDiedError(),
    ]


def dask_losses() -> list[Exception]:
    from distributed.client import FutureCancelledError

    return [CancelledError(), FutureCancelledError("key", "lost")]


def test_what_is_lost_is_worked_on_again_and_nothing_else_is(
    cluster: Nodes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every other answer is a loss, until all kinds of it were met: the piece is asked for again."""
    losses = ray_losses() if cluster.kind == "ray" else dask_losses()
    expected, asked = len(losses), 0
    owner: Any
    if cluster.kind == "ray":
        owner, name = importlib.import_module("ray"), "get"
    else:
        owner, name = importlib.import_module("distributed").Future, "result"
    answer = getattr(owner, name)

    def lose(*given: Any, **named: Any) -> Any:
        nonlocal asked
        asked += 1
        if losses and asked % 2:
            raise losses.pop(0)
        return answer(*given, **named)

    monkeypatch.setattr(owner, name, lose)
    pieces = numbered(tmp_path, 8)
    assert list(engine.map(noted, pieces, 0)) == [piece.name for piece in pieces]
    assert not losses
    again = [runs(tmp_path, piece.name) for piece in pieces]
    assert again[expected:] == [1] * (8 - expected)


def test_a_cluster_is_joined_once_whatever_workers_says(
    dask: Nodes, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, pool = list[int](), mapping._pool

    def counted(workers: int) -> Any:
        asked.append(workers)
        return pool(workers)

    monkeypatch.setattr(mapping, "_pool", counted)
    with engine.on("dask", dask.address):
        assert list(engine.map(double, [1, 2], 8)) == [2, 4]
        assert list(engine.map(double, list(range(20)), 8)) == list(range(0, 40, 2))
    assert asked == [8]


def test_a_scheduler_that_leaves_is_one_sentence(tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    (tmp_path / "wanted").write_text("99")
    with closing(DaskNodes(tmp_path)) as nodes, engine.on("dask", nodes.address):

        def leave() -> None:
            once(lambda: runs(tmp_path))
            nodes.kill(nodes.scheduler)

        leaving = threading.Thread(target=leave)
        leaving.start()
        with pytest.raises(ParamsError, match=r"^runtime.cluster: .*found that its scheduler left"):
            list(engine.map(meet, numbered(tmp_path, 3), 0))
        leaving.join()


@pytest.mark.parametrize("kind", ["dask", "ray"])
def test_without_an_address_a_cluster_is_started_here_and_none_that_runs_is_joined(
    kind: engine.Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("distributed" if kind == "dask" else kind)
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:9")
    with engine.on(kind):
        assert os.getpid() not in set(engine.map(own_process, [1, 2, 3], 1))


@pytest.mark.parametrize(
    ("kind", "address"),
    [
        ("dask", "tcp://127.0.0.1:9"),
        ("dask", "nowhere://127.0.0.1:9"),
        ("ray", "127.0.0.1:9"),
        ("ray", "nowhere"),
    ],
)
def test_a_cluster_that_is_away_is_one_sentence(
    kind: engine.Kind, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clusters, "PATIENCE", 1)
    with engine.on(kind, address), pytest.raises(ParamsError, match=r"^runtime.cluster: expected"):
        list(engine.map(double, [1, 2, 3], 0))


def made(folder: Path, params: Params, workers: int) -> dict[str, bytes]:
    """What the data stages write of a few sources, in files of 2,000 bytes."""
    raw = folder / "raw"
    runtime = params.runtime.model_copy(update={"workers": workers})
    list(download.main(params.download.model_copy(update={"sources": SOURCES}), runtime, raw))
    list(clean.main(params.clean, runtime, raw, folder / "clean", folder / "dropped"))
    roles = ("pretrain", "sft", "rl", "evaluation", "curation")
    list(corpus.main(params.corpus, runtime, folder / "clean", *(folder / role for role in roles)))
    asked = {"vocab_size": 400, "sample_bytes": 4000}
    cut = (folder / "tokenizer", folder / "plots")
    tokenizing = params.tokenizer.model_copy(update=asked)
    list(tokenizer.main(tokenizing, runtime, folder / "pretrain", *cut))
    sharding = params.shard.model_copy(update={"file_tokens": 500, "max_train_tokens": 6000})
    outs = (folder / "shards" / role for role in roles[:3])
    ins = (folder / role for role in (*roles[:3], "tokenizer"))
    list(shard.main(sharding, runtime, *ins, *outs))
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def own(project: Path) -> None:
    """The files of the sources, thirty documents in each."""
    texts = {"a": [tale(3, i, "facts").text for i in range(60)] * 2, "b": ["short", *WORDS]}
    for name, said in texts.items():
        (project / name).mkdir(parents=True)
        for start in range(0, len(said), 30):
            rows = (json.dumps({"text": text}) + "\n" for text in said[start : start + 30])
            (project / name / f"{start:03d}.jsonl").write_text("".join(rows))


SOURCES = {
    name: FileSource.model_validate({"kind": "file", "role": "pretrain", "path": name})
    for name in "ab"
}
WORDS = [" ".join(f"word{(7 * i + 13 * j * j) % 997}" for j in range(120)) for i in range(40)]


@pytest.mark.usefixtures("cluster")
def test_the_data_stages_write_the_same_bytes_on_a_cluster(
    tmp_path: Path, params: Params, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DVC_ROOT", str(tmp_path / "scratch"))
    own(tmp_path / "scratch")
    monkeypatch.setattr(tables, "PART_BYTES", 2000)
    monkeypatch.setattr(pieces, "PIECE_BYTES", 2000)
    there = made(tmp_path / "there", params, workers=0)
    with engine.on("loky"):
        here = [made(tmp_path / str(n), params, workers=n) for n in (1, 2, 4)]
    assert len(there) > 60
    assert sum("tokens-" in name for name in there) > 3
    assert here == [there] * 3
