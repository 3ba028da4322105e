"""Near-duplicate documents: shingles, MinHash signatures, bands, clusters.

A map over parts writes signatures to disk, one look at each band pairs what agrees, a union joins
the pairs; the rows to drop go back to the parts. Memory does not grow with the text, but for eight
bytes a document.
"""

from pipeline_lib.text.near.clusters import Clusters, find

__all__ = ["Clusters", "find"]
