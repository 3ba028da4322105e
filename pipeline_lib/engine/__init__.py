"""Run a function over pieces of data: in this process, on its own processes, on a Ray or a Dask cluster.

Results come back in the order of the pieces, and a piece is never divided by the number of workers,
so what a stage writes depends neither on it nor on the engine. Only so many pieces are under way
that memory stays flat.

A piece that fails is tried again, and does not take the others with it: they are finished first,
and then one sentence names the pieces that failed, and the document where `walk` went through them.
"""

from pipeline_lib.engine.mapping import Kind, cores, map, on, spreads
from pipeline_lib.engine.work import walk

__all__ = ["Kind", "cores", "map", "on", "spreads", "walk"]
