"""What hangs together between two lists of records."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence


def clusters[A, B](
    ones: Sequence[A],
    others: Sequence[B],
    hubs_of_one: Callable[[A], Iterable[Hashable]],
    hubs_of_other: Callable[[B], Iterable[Hashable]],
) -> Iterator[tuple[list[A], list[B]]]:
    """Yield every set of records that hang together, each with records of both lists, in order.

    Two records of different lists hang together where they share a hub. Two of the same list never
    do by themselves: a hub that only one list has joins nothing.
    """
    left, right = _by_hub(ones, hubs_of_one), _by_hub(others, hubs_of_other)
    joining = left.keys() & right.keys()
    hubs_left, hubs_right = _turned(left, joining), _turned(right, joining)
    seen: set[Hashable] = set()
    for start in sorted(hubs_left):
        if hubs_left[start][0] in seen:
            continue
        met_left, met_right = {start}, set[int]()
        waiting = list(hubs_left[start])
        while waiting:
            hub = waiting.pop()
            if hub in seen:
                continue
            seen.add(hub)
            for place in left[hub]:
                if place not in met_left:
                    met_left.add(place)
                waiting += [one for one in hubs_left[place] if one not in seen]
            for place in right[hub]:
                met_right.add(place)
                waiting += [one for one in hubs_right[place] if one not in seen]
        yield (
            [ones[place] for place in sorted(met_left)],
            [others[place] for place in sorted(met_right)],
        )


def _by_hub[R](
    records: Sequence[R], hubs_of: Callable[[R], Iterable[Hashable]]
) -> dict[Hashable, list[int]]:
    found: dict[Hashable, list[int]] = {}
    for place, record in enumerate(records):
        for hub in hubs_of(record):
            found.setdefault(hub, []).append(place)
    return found


def _turned(by_hub: dict[Hashable, list[int]], joining: set[Hashable]) -> dict[int, list[Hashable]]:
    """Give the hubs of each place, of those that join."""
    found: dict[int, list[Hashable]] = {}
    for hub, places in by_hub.items():
        if hub in joining:
            for place in places:
                found.setdefault(place, []).append(hub)
    return found
