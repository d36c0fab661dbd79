"""A hierarchy in the formats of other programs: Newick for the tree, GraphML for the spanning tree."""

from __future__ import annotations

import io
import re

from backend.analysis.category_hierarchy import CategoryHierarchy

_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML may hold; the name of a folder may."""


def newick(hierarchy: CategoryHierarchy) -> str:
    """Write the tree as Newick.

    A node lies at half its height, so that the way between two leaves is as long as the height at which they merge.
    """
    n = len(hierarchy.names)
    heights = [0.0] * n + [height / 2 for height in hierarchy.heights.tolist()]
    texts = [_quoted(name) for name in hierarchy.names]
    for k, (a, b) in enumerate(hierarchy.merges.tolist()):
        parts = (f"{texts[node]}:{heights[n + k] - heights[node]:.9g}" for node in (a, b))
        texts.append(f"({','.join(parts)})")
        # Not needed again, and in a chain of a thousand each part would be held a thousand times.
        texts[a] = texts[b] = ""
    return f"{texts[-1]};\n"


def graphml(hierarchy: CategoryHierarchy) -> bytes:
    """Write the spanning tree as GraphML; `weight` is the distance."""
    import networkx

    file = io.BytesIO()
    names = {name: _NO_XML.sub("\N{REPLACEMENT CHARACTER}", name) for name in hierarchy.names}
    networkx.write_graphml(networkx.relabel_nodes(hierarchy.spanning_tree, names), file, prettyprint=True)
    return file.getvalue()


def _quoted(name: str) -> str:
    return "'" + name.replace("'", "''") + "'"
