"""Ray and Dask: the same pieces on other machines, which see the same folders under the same paths.

Both run a piece again where its machine was lost. Without an address a cluster is started on this
machine, and stopped with the map; one that a person gave an address of is left as it is.
"""

import importlib
import logging
import os
import socket
from collections.abc import Callable
from concurrent.futures import CancelledError
from pathlib import Path
from typing import Any

from pipeline_lib.engine.pools import WorkerDiedError
from pipeline_lib.errors import ParamsError

PATIENCE = 10
"""Seconds that a scheduler has to answer."""


class Ray:
    """A Ray cluster: `address` as `ray.init` takes it (auto, host:port, ray://host:port)."""

    def __init__(self, address: str, workers: int) -> None:
        ray = _library("ray", "ray")
        self._ray, self._own = ray, not ray.is_initialized()
        self._stubborn = ray.remote(max_retries=2)(_call)
        if self._own:
            _reach("ray", address)
            _start(ray, address, workers)
        gone = ray.exceptions
        self._gone = (
            gone.WorkerCrashedError,
            gone.OutOfMemoryError,
            gone.NodeDiedError,
            gone.ObjectLostError,
            gone.LocalRayletDiedError,
        )
        self.workers = max(1, int(ray.cluster_resources().get("CPU", 1)))

    def submit(self, work: Callable[[Any], Any], piece: Any) -> Any:
        return self._stubborn.remote(work, piece)

    def result(self, ticket: Any) -> Any:
        try:
            return self._ray.get(ticket)
        except self._gone:
            raise WorkerDiedError from None

    def lost(self, ticket: Any) -> bool:
        """Each says for itself."""
        return False

    def close(self) -> None:
        if self._own:
            self._ray.shutdown()


def _start(ray: Any, address: str, workers: int) -> None:
    try:
        ray.init(
            address=address or "local",  # absent, Ray would join whichever cluster it finds
            num_cpus=None if address else workers,
            include_dashboard=None if address else False,
            log_to_driver=False,
            logging_level="ERROR",
            runtime_env={"env_vars": {"PYTHONPATH": _paths()}},
        )
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise ParamsError(_away("ray", address, error)) from None


def _call(work: Callable[[Any], Any], piece: Any) -> Any:
    return work(piece)


class Dask:
    """A Dask cluster: `address` of its scheduler (tcp://host:port)."""

    def __init__(self, address: str, workers: int) -> None:
        distributed = self._distributed = _library("distributed", "dask")
        logging.getLogger("distributed.client").setLevel(logging.CRITICAL)  # it tells in tracebacks
        try:
            self._client = distributed.Client(
                address or distributed.LocalCluster(**_modest(workers)), timeout=PATIENCE
            )
        except (OSError, ValueError, RuntimeError) as error:
            raise ParamsError(_away("dask", address, error)) from None
        self._own, self._address = not address, address
        self.workers = max(1, sum(self._client.nthreads().values()))

    def submit(self, work: Callable[[Any], Any], piece: Any) -> Any:
        self._stay()
        return self._client.submit(work, piece, pure=False, retries=0)

    def result(self, ticket: Any) -> Any:
        while True:
            try:
                return ticket.result(timeout=PATIENCE)
            except TimeoutError:
                self._stay()
            except (self._distributed.scheduler.KilledWorker, CancelledError):
                self._stay()
                raise WorkerDiedError from None

    def _stay(self) -> None:
        """ParamsError where the scheduler left: it never answers, and would be waited for without end."""
        if self._client.status != "running":
            raise ParamsError(_away("dask", self._address, "that its scheduler left"))

    def lost(self, ticket: Any) -> bool:
        return ticket.status in {"cancelled", "lost"}

    def close(self) -> None:
        cluster = self._client.cluster
        self._client.close()
        if self._own:
            cluster.close()


def _modest(workers: int) -> dict[str, Any]:
    """One thread a process, for what is worked on holds the interpreter; no dashboard, no limits of its own."""
    return {
        "n_workers": workers,
        "threads_per_worker": 1,
        "dashboard_address": None,
        "memory_limit": 0,
        "silence_logs": 50,
    }


def _paths() -> str:
    """Where this library lies, for workers that do not have it installed."""
    here = str(Path(__file__).parents[2])
    return os.pathsep.join(path for path in (here, os.environ.get("PYTHONPATH", "")) if path)


def _library(module: str, name: str) -> Any:
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError:
        raise ParamsError(
            f"runtime.engine: expected {name} to be installed, found it missing; "
            "install it (pip install 'bonsai-lm[cluster]') or set runtime.engine: loky"
        ) from None


def _reach(name: str, address: str) -> None:
    """Ask whether anybody listens: Ray itself would wait for minutes."""
    host, _, port = address.rpartition("://")[2].rpartition(":")
    if host and port.isdecimal():
        try:
            socket.create_connection((host, int(port)), PATIENCE).close()
        except OSError as error:
            raise ParamsError(_away(name, address, error)) from None


def _away(name: str, address: str, error: Exception | str) -> str:
    said = " ".join(str(error).split())[:200]
    return (
        f"runtime.cluster: expected a {name} cluster at {address or 'this machine'}, found {said}; "
        "check the address or set runtime.engine: loky"
    )
