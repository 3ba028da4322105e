"""The same pieces on Ray and on Dask, each a cluster of two nodes on this machine."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib import engine
from pipeline_lib.engine import clusters
from pipeline_lib.errors import DataError, ParamsError
from tests.test_engine import double, own_process, third_row

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def ray_address() -> Iterator[str]:
    ray = pytest.importorskip("ray")
    from ray.cluster_utils import Cluster

    cluster: Any = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    cluster.add_node(num_cpus=1)
    yield cluster.address
    ray.shutdown()
    cluster.shutdown()


@pytest.fixture(scope="module")
def dask_address() -> Iterator[str]:
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, memory_limit=0
    ) as cluster:
        yield cluster.scheduler_address


@pytest.fixture(scope="module", params=["ray", "dask"])
def cluster(request: pytest.FixtureRequest) -> Iterator[None]:
    with engine.on(request.param, request.getfixturevalue(f"{request.param}_address")):
        yield


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


@pytest.mark.parametrize(
    ("kind", "address"), [("dask", "tcp://127.0.0.1:9"), ("ray", "127.0.0.1:9")]
)
def test_a_cluster_that_is_away_is_one_sentence(
    kind: engine.Kind, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clusters, "PATIENCE", 1)
    with engine.on(kind, address), pytest.raises(ParamsError, match=r"^runtime.cluster: expected"):
        list(engine.map(double, [1, 2, 3], 0))
