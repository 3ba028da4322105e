"""What events change. Each holds for any arguments: a recogniser tries them on any story."""

from pipeline_lib.tales import lexicon
from pipeline_lib.tales.lexicon import Amount, Item, Person, Place
from pipeline_lib.tales.patterns import Roles
from pipeline_lib.tales.story_world import Question, StoryWorld


def touch(world: StoryWorld, roles: Roles) -> None:
    """Nothing changes but what the talk is about."""
    _turn_to(world, roles["agent"], roles.get("item"))


def forget(world: StoryWorld, roles: Roles) -> None:
    _turn_to(world, None, None)


def look_at(world: StoryWorld, roles: Roles) -> None:
    _turn_to(world, None, roles["item"])
    world.mentioned["look"].add(roles["item"])


def _turn_to(world: StoryWorld, subject: Person | None, item: Item | None) -> None:
    if subject is not None:
        _welcome(world, subject)  # who acts is here: where a rule was broken, once is enough
    world.subject, world.item = subject, item
    world.fresh = world.undescribed = False
    world.changed, world.settled = None, True
    world.question = None  # answered or passed over, it is closed


def describe(world: StoryWorld, roles: Roles) -> None:
    world.undescribed, world.question = False, None


def open_scene(world: StoryWorld, roles: Roles) -> None:
    _welcome(world, roles["agent"])
    _arrive(world, roles["place"], roles["agent"])
    world.fresh = world.undescribed = True


def meet_friend(world: StoryWorld, roles: Roles) -> None:
    world.friends.add(roles["whom"])
    _meet(world, roles)


def meet_stranger(world: StoryWorld, roles: Roles) -> None:
    world.strangers.add(roles["whom"])
    _meet(world, roles)


def _meet(world: StoryWorld, roles: Roles) -> None:
    _welcome(world, roles["whom"])
    _turn_to(world, roles["whom"], None)
    world.fresh = world.undescribed = True


def befriend(world: StoryWorld, roles: Roles) -> None:
    forget(world, roles)
    if roles["whom"] in world.strangers:
        world.strangers.remove(roles["whom"])
        world.friends.add(roles["whom"])


def know_well(world: StoryWorld, roles: Roles) -> None:
    forget(world, roles)
    world.mentioned["friend"].add(roles["whom"])


def come_back(world: StoryWorld, roles: Roles) -> None:
    touch(world, roles)
    _welcome(world, roles["agent"])


def _welcome(world: StoryWorld, person: Person) -> None:
    if person not in world.people:
        world.people.append(person)
    if person not in world.here:
        world.here.append(person)


def go(world: StoryWorld, roles: Roles) -> None:
    _arrive(world, roles["place"], roles.get("agent"))


def _arrive(world: StoryWorld, place: Place, subject: Person | None) -> None:
    _turn_to(world, subject, None)
    world.place, world.settled = place, False
    world.scenes += 1


def leave(world: StoryWorld, roles: Roles) -> None:
    forget(world, roles)
    if roles["agent"] in world.here[1:]:
        world.here.remove(roles["agent"])


def look_at_oneself(world: StoryWorld, roles: Roles) -> None:
    touch(world, roles)
    world.mentioned["mirror"].add(roles["agent"])


def think_of_oneself(world: StoryWorld, roles: Roles) -> None:
    touch(world, roles)
    world.mentioned["self"].add(roles["agent"])


def be_moved(world: StoryWorld, roles: Roles) -> None:
    touch(world, roles)
    world.said.add((roles["agent"], roles["mood"]))


def do_together(world: StoryWorld, roles: Roles) -> None:
    forget(world, roles)
    world.said.add((roles["agent"], roles["mood"]))


def look_around(world: StoryWorld, roles: Roles) -> None:
    forget(world, roles)
    world.said.add((None, roles["scene"]))


def lack(world: StoryWorld, roles: Roles) -> None:
    touch(world, roles)
    world.said.add((roles["agent"], roles["noun"]))


def own(world: StoryWorld, roles: Roles) -> None:
    _move(world, roles["item"], roles["agent"])
    touch(world, roles)


def find(world: StoryWorld, roles: Roles) -> None:
    own(world, roles)
    world.finder[roles["item"]] = roles["agent"]


def give(world: StoryWorld, roles: Roles) -> None:
    _move(world, roles["item"], roles["whom"])
    touch(world, roles)


def put_down(world: StoryWorld, roles: Roles) -> None:
    _move(world, roles["item"], world.place)
    touch(world, roles)


def pick_up(world: StoryWorld, roles: Roles) -> None:
    _move(world, roles["item"], roles["agent"])
    touch(world, roles)


def lose(world: StoryWorld, roles: Roles) -> None:
    _move(world, roles["item"], None)
    touch(world, roles)


def _move(world: StoryWorld, item: Item, where: Person | Place | None) -> None:
    if item not in world.where:
        world.items.append(item)
    world.where[item] = where


def gather(world: StoryWorld, roles: Roles) -> None:
    _add(world, roles["agent"], roles["amount"], 1)
    _touch_number(world, roles)


def give_some(world: StoryWorld, roles: Roles) -> None:
    _add(world, roles["agent"], roles["amount"], -1)
    _add(world, roles["whom"], roles["amount"], 1)
    _touch_number(world, roles)


def use_up(world: StoryWorld, roles: Roles) -> None:
    _add(world, roles["agent"], roles["amount"], -1)
    _touch_number(world, roles)


def _touch_number(world: StoryWorld, roles: Roles) -> None:
    touch(world, roles)
    agent, noun = roles["agent"], roles["amount"].noun
    count = world.counts.get((agent, noun), 0)
    world.changed = lexicon.AMOUNTS[noun][count] if count else None


def _add(world: StoryWorld, person: Person, amount: Amount, sign: int) -> None:
    world.add(person, amount.noun, sign * amount.count)


def ask_where(world: StoryWorld, roles: Roles) -> None:
    touch(world, roles)
    world.question = Question("where", roles["agent"], roles["item"])


def ask_many(world: StoryWorld, roles: Roles) -> None:
    touch(world, roles)
    world.question = Question("many", roles["agent"], roles["noun"], roles["whom"])


def ask_for(world: StoryWorld, roles: Roles) -> None:
    touch(world, roles)
    world.question = Question("request", roles["agent"], roles["item"])


def end(world: StoryWorld, roles: Roles) -> None:
    world.done = True
