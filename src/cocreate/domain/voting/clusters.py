"""k-means in integers on points of the plane, from a fixed start, with the number of clusters that separates best.

Source: S. Lloyd, "Least squares quantization in PCM" (1982); the number by the simplified silhouette of E. R. Hruschka et al.
(2004): for each point how much nearer its own centre is than the next. Every division rounds down, every tie goes to the lower
index, so the result depends on the points and their order alone.
"""

from collections.abc import Sequence
from itertools import pairwise
from math import isqrt

CLUSTERS_MAX = 5
STEPS_MAX = 30
_UNIT = 1 << 20

Point = tuple[int, int]


def best_clusters(points: Sequence[Point], size_min: int) -> list[list[int]]:
    """Indices by cluster; one cluster of all where none of 2 to 5 has `size_min` points in each, or all points are one."""
    best: list[list[int]] = [list(range(len(points)))]
    best_score = 0
    for count in range(2, CLUSTERS_MAX + 1):
        if count * size_min > len(points):
            break
        centres, nearest = _k_means(points, count)
        clusters = [[at for at, one in enumerate(nearest) if one == cluster] for cluster in range(count)]
        if min(map(len, clusters)) >= size_min:
            score = _silhouette(points, centres, nearest)
            if score > best_score:
                best, best_score = clusters, score
    return best


def _k_means(points: Sequence[Point], count: int) -> tuple[list[Point], list[int]]:
    """Centres, and the index of each point's. Starts from equal slices of the points along the first axis."""
    order = sorted(range(len(points)), key=lambda at: (points[at], at))
    bounds = [len(points) * cluster // count for cluster in range(count + 1)]
    centres = [_centre([points[at] for at in order[first:last]]) for first, last in pairwise(bounds)]
    nearest = [_nearest(point, centres) for point in points]
    for _ in range(STEPS_MAX):
        grouped: list[list[Point]] = [[] for _ in centres]
        for point, one in zip(points, nearest, strict=True):
            grouped[one].append(point)
        centres = [
            _centre(group) if group else centre for group, centre in zip(grouped, centres, strict=True)
        ]
        moved = [_nearest(point, centres) for point in points]
        if moved == nearest:
            break
        nearest = moved
    return centres, nearest


def _centre(points: Sequence[Point]) -> Point:
    return sum(x for x, _ in points) // len(points), sum(y for _, y in points) // len(points)


def _nearest(point: Point, centres: Sequence[Point]) -> int:
    x, y = point
    best, at = -1, 0
    for index, (across, up) in enumerate(centres):
        apart = (x - across) * (x - across) + (y - up) * (y - up)
        if best < 0 or apart < best:
            best, at = apart, index
    return at


def _silhouette(points: Sequence[Point], centres: Sequence[Point], nearest: Sequence[int]) -> int:
    """The mean over all points of (next − own) ÷ next, in units; 0 for a point on its next centre."""
    total = 0
    for (x, y), own in zip(points, nearest, strict=True):
        apart = [isqrt((x - across) ** 2 + (y - up) ** 2) for across, up in centres]
        mine = apart.pop(own)
        other = min(apart)
        total += (other - mine) * _UNIT // other if other else 0
    return total // len(points)
