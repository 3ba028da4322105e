"""What events change. Each holds for any arguments: a recogniser tries them on any story."""

from pipeline_lib.tales.lexicon import Amount, Item, Person, Place
from pipeline_lib.tales.patterns import Roles
from pipeline_lib.tales.story_world import Question, StoryWorld


def touch(world: StoryWorld, roles: Roles) -> None:
    """Nothing changes but what the talk is about."""
    world.subject = roles["agent"]
    world.item = roles.get("item")


def forget(world: StoryWorld, roles: Roles) -> None:
    world.subject = world.item = None


def name_item(world: StoryWorld, roles: Roles) -> None:
    world.subject, world.item = None, roles["item"]


def open_scene(world: StoryWorld, roles: Roles) -> None:
    touch(world, roles)
    _welcome(world, roles["agent"])
    world.place = roles["place"]


def meet_friend(world: StoryWorld, roles: Roles) -> None:
    world.friends.append(roles["whom"])
    _meet(world, roles)


def meet_stranger(world: StoryWorld, roles: Roles) -> None:
    world.strangers.append(roles["whom"])
    _meet(world, roles)


def _meet(world: StoryWorld, roles: Roles) -> None:
    _welcome(world, roles["whom"])
    world.subject, world.item = roles["whom"], None


def befriend(world: StoryWorld, roles: Roles) -> None:
    forget(world, roles)
    if roles["whom"] in world.strangers:
        world.strangers.remove(roles["whom"])
        world.friends.append(roles["whom"])


def come_back(world: StoryWorld, roles: Roles) -> None:
    touch(world, roles)
    _welcome(world, roles["agent"])


def _welcome(world: StoryWorld, person: Person) -> None:
    if person not in world.people:
        world.people.append(person)
    if person not in world.here:
        world.here.append(person)


def go(world: StoryWorld, roles: Roles) -> None:
    world.place = roles["place"]
    world.subject, world.item = roles.get("agent"), None


def leave(world: StoryWorld, roles: Roles) -> None:
    forget(world, roles)
    if roles["agent"] in world.here[1:]:
        world.here.remove(roles["agent"])


def describe(world: StoryWorld, roles: Roles) -> None:
    touch(world, roles)
    world.described.append(roles["agent"])


def learn_feat(world: StoryWorld, roles: Roles) -> None:
    touch(world, roles)
    world.feats.append((roles["agent"], roles["feat"]))


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
    touch(world, roles)


def give_some(world: StoryWorld, roles: Roles) -> None:
    _add(world, roles["agent"], roles["amount"], -1)
    _add(world, roles["whom"], roles["amount"], 1)
    touch(world, roles)


def use_up(world: StoryWorld, roles: Roles) -> None:
    _add(world, roles["agent"], roles["amount"], -1)
    touch(world, roles)


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


def answer(world: StoryWorld, roles: Roles) -> None:
    touch(world, roles)
    world.question = None


def grant(world: StoryWorld, roles: Roles) -> None:
    give(world, roles)
    world.question = None


def end(world: StoryWorld, roles: Roles) -> None:
    world.done = True
