"""What every kind of text keeps track of, whatever happens in it."""

from pipeline_lib.tales.draw import Weighted
from pipeline_lib.tales.forms import Entity
from pipeline_lib.tales.patterns import Event, Roles


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

    def pointed_at(self, gender: str, roles: Roles) -> Entity:
        """The one that `him` or `her` means; None: it is not clear."""
        return None

    def joint(self, event: Event, space: str) -> str:
        """What stands between the last sentence and that of `event`."""
        return "\n" if event.opens_paragraph else space
