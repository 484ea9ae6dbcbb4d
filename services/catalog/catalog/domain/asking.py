"""Who asks, and how they are answered."""

import msgspec

from events.deciding import Answer, Decision, Kept, Key, Outcome


class By(msgspec.Struct, frozen=True):
    """Who asks: an authority (None: the installation itself) in a role. Who it is as a person nobody here knows."""

    role: str
    authority: str | None = None

    @property
    def is_operator(self) -> bool:
        """Whether they run the installation and so may act for everyone."""
        return self.role == "operator"


INSTALLATION = By("operator")


class Brief(msgspec.Struct, frozen=True, kw_only=True):
    """The plainest answer: what was asked about, and where it stands now."""

    id: str
    outcome: Outcome
    version: int
    position: int


def raw(document: object) -> msgspec.Raw:
    """A document as the bytes of an answer."""
    return msgspec.Raw(msgspec.json.encode(document))


def answer_briefly(key: Key, outcome: Outcome, kept: Kept) -> Answer:
    """The plain answer about one state."""
    version = kept.states[key].version if key in kept.states else 0
    position = kept.recorded[-1].position if kept.recorded else kept.position
    brief = Brief(id=key.id, outcome=outcome, version=version, position=position)
    return Answer(outcome=outcome, version=version, position=position, body=raw(brief))


def unchanged(key: Key) -> Decision:
    """Nothing new: nothing is said."""
    return Decision([], lambda kept: answer_briefly(key, "unchanged", kept))
