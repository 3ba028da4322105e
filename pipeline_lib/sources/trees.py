"""Message trees of OpenAssistant: one conversation each, along the best-ranked path.

At every turn people ranked several answers; the best one is taken, and where ranks are missing or
equal the first. So no sentence is learned twice and no answer that people put last is learned at
all. One conversation per leaf would give some five times as many, most of them a repeated beginning
and a worse end. Deleted and rejected messages, and what follows them, are left out.
"""

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

from pipeline_lib.errors import SourceError
from pipeline_lib.sources.labels import label
from pipeline_lib.sources.row import Row

MOST_MESSAGES = 100_000
"""Of one tree; OpenAssistant's largest has some hundreds."""

Said = Mapping[str, Any]


def best_path(root: object, where: str) -> list[Said]:
    """The messages from the prompt to the best answer's best answer; SourceError where it is no tree."""
    path: list[Said] = []
    found: list[Said] = _sound([root], where)
    while found:
        best = min(found, key=_rank)
        path.append(best)
        found = _sound(best.get("replies") or [], where)
    while path and path[-1].get("role") == "prompter":
        path.pop()  # nobody answered
    return path


def _sound(messages: object, where: str) -> list[Said]:
    if not isinstance(messages, list) or not all(isinstance(one, Mapping) for one in messages):
        raise SourceError(
            f"{where}: expected messages with replies, found something else; mend the tree"
        )
    return [one for one in messages if not one.get("deleted") and one.get("review_result") != 0]


def _rank(message: Said) -> int | float:
    """0 is best; without a rank, behind all that have one."""
    rank = message.get("rank")
    return rank if isinstance(rank, int | float) and rank == rank else float("inf")


def grown(rows: Iterator[Row]) -> Iterator[Row]:
    """Flat message rows as trees: rows of one message_tree_id, which stand together, become one row.

    SourceError where a message's parent is not among them.
    """
    for tree, together in groupby(rows, key=lambda row: row.values.get("message_tree_id")):
        messages: dict[Any, dict[str, Any]] = {}
        where = ""
        for row in together:
            where = where or row.where
            messages[str(row.values.get("message_id"))] = {**row.values, "replies": []}
            if len(messages) > MOST_MESSAGES:
                raise SourceError(
                    f"{where}: expected at most {MOST_MESSAGES} messages in a tree, found more; "
                    "check message_tree_id"
                )
        yield Row(where, {"tree": _root(messages, label(str(tree)), where)})


def _root(messages: dict[Any, dict[str, Any]], tree: str, where: str) -> dict[str, Any]:
    roots = []
    for message in messages.values():
        parent = message.get("parent_id")
        if parent is None:
            roots.append(message)
        elif str(parent) in messages:
            messages[str(parent)]["replies"].append(message)
        else:
            raise SourceError(
                f"{where}: expected the messages of a tree to stand together, found one of tree "
                f"{tree} without its parent; sort the rows by message_tree_id"
            )
    if len(roots) != 1:
        raise SourceError(
            f"{where}: expected one message without a parent in tree {tree}, found {len(roots)}; "
            "mend the tree"
        )
    return roots[0]
