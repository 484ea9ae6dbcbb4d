"""Maturity models and the thresholds that make a live service `online` or `compliant`, as versioned data.

Sources: OZG-Reifegradmodell 1.1 (June 2020), levels 0–4, compliant from 3, counted as online from 2;
model 2.0 (July 2025), levels 0–7, whose thresholds are provisional because no authority has published any.
"""

import msgspec


class MaturityModel(msgspec.Struct, frozen=True, kw_only=True):
    """One model: `levels` are names by level, `online_from` and `compliant_from` the least level that counts."""

    id: str
    version: int
    levels: tuple[str, ...]
    online_from: int
    compliant_from: int
    provisional: bool

    def knows(self, level: int) -> bool:
        """Whether the model has this level."""
        return 0 <= level < len(self.levels)


MODELS: dict[str, MaturityModel] = {
    model.id: model
    for model in (
        MaturityModel(
            id="ozg-1.1",
            version=1,
            levels=("Offline", "Information", "Formular-Assistent", "Online-Leistung", "Online-Transaktion"),
            online_from=2,
            compliant_from=3,
            provisional=False,
        ),
        MaturityModel(
            id="ozg-2.0",
            version=1,
            levels=tuple(f"Stufe {level}" for level in range(8)),
            online_from=2,
            compliant_from=3,
            provisional=True,
        ),
    )
}
