"""What every kind of text keeps track of, whatever happens in it."""

from collections.abc import Mapping, Sequence

from pipeline_lib.tales.draw import Weighted
from pipeline_lib.tales.forms import Entity
from pipeline_lib.tales.patterns import Event, Roles


class Menu:
    """What may happen, by the bits of what holds; each answer is worked out once."""

    def __init__(
        self,
        events: Sequence[Event],
        bits: Mapping[str, int],
        *,
        alone: int = 0,
        otherwise: str = "",
    ) -> None:
        """`alone`: bits that, where they hold, only events that need them may follow; `otherwise`: what an event needs
        that says nothing."""
        self.needs = {
            event: sum(bits[name] for name in (event.needs or otherwise).split())
            for event in events
        }
        """The bits of what each event needs."""
        self._alone = alone
        self.named = {event.name: Weighted([(event, 1)]) for event in events}
        """Each event, as the only one that may happen."""
        self._known: dict[int, Weighted[Event]] = {}

    def given(self, held: int) -> Weighted[Event]:
        """`held`: the bits of what holds. Empty where nothing may follow, as after sentences that no tale has."""
        known = self._known.get(held)
        if known is None:
            alone = held & self._alone
            fitting = (
                (event, event.weight)
                for event, needs in self.needs.items()
                if needs & held == needs and needs & alone == alone
            )
            known = self._known[held] = Weighted(fitting, may_be_empty=True)
        return known


class World:
    """What a text has said so far; each kind of text has its own."""

    subject: Entity = None
    """Whom the last sentence was about."""
    item: Entity = None
    """The thing it named."""
    done = False
    """Nothing more is to be told."""

    def possible(self) -> Weighted[Event]:
        """What may happen next."""
        raise NotImplementedError

    def is_odd(self, event: Event) -> bool:
        """Whether an event that may not happen next would contradict nothing: only no tale goes on like that."""
        return False

    def pointed_at(self, gender: str, roles: Roles) -> Entity:
        """The one that `him` or `her` means; None: it is not clear."""
        return None

    def joint(self, event: Event, space: str) -> str:
        """What stands between the last sentence and that of `event`."""
        return "\n" if event.opens_paragraph else space
