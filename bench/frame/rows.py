"""A measure's line: ours beside the floor and the peers, the ratios, and whether they are what they must be."""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from bench.frame.samples import Sample

Better = Literal["higher", "lower"]
FLOOR, OURS = "floor", "ours"


class Row(NamedTuple):
    """`must` names the bound of a ratio: of `floor`, of a peer, or of `ours` itself. For what is better lower it is an upper bound."""

    measure: str
    ours: Sample
    floor: Sample | None
    peers: Mapping[str, Sample]
    unit: str
    better: Better
    must: Mapping[str, float]
    conditions: str

    def ratio(self, to: str) -> float | None:
        """Ours divided by that; ours itself for `ours`; nothing where it was not measured."""
        if to == OURS:
            return self.ours.median
        other = self.floor if to == FLOOR else self.peers.get(to)
        return self.ours.median / other.median if other is not None and other.median else None

    def reached(self, to: str) -> bool | None:
        """Whether the ratio is what it must be; nothing where it need not, or was not measured."""
        ratio, bound = self.ratio(to), self.must.get(to)
        if ratio is None or bound is None:
            return None
        return ratio >= bound if self.better == "higher" else ratio <= bound

    @property
    def missed(self) -> list[str]:
        return [to for to in self.must if self.reached(to) is False]

    @property
    def nearest(self) -> str | None:
        """The peer that does best."""
        best = max if self.better == "higher" else min
        return best(self.peers, key=lambda name: self.peers[name].median) if self.peers else None

    def as_json(self) -> dict[str, Any]:
        """`peer` is the peer that does best; the others are in `peers`."""
        peer = self.nearest
        return {
            "measure": self.measure,
            "ours": figure(self.ours.median),
            "floor": figure(self.floor.median) if self.floor else None,
            "peer": figure(self.peers[peer].median) if peer else None,
            "unit": self.unit,
            "ratio_floor": figure(self.ratio(FLOOR)),
            "ratio_peer": figure(self.ratio(peer)) if peer else None,
            "conditions": self.conditions,
            "better": self.better,
            "peer_name": peer,
            "peers": {
                name: {"value": figure(one.median), "ratio": figure(self.ratio(name))}
                for name, one in self.peers.items()
            },
            "must": dict(self.must),
            "missed": self.missed,
            "spread": {
                name: [figure(one.low), figure(one.high)]
                for name, one in {OURS: self.ours, FLOOR: self.floor, **self.peers}.items()
                if one is not None
            },
        }


def figure(value: float | None) -> float | None:
    """Four digits are more than a machine repeats."""
    return None if value is None else float(f"{value:.4g}")
