"""What facts are about: animals, plants and things, and what is true of each.

Data, to be read and extended: a new animal is one row, and all that can be said of it follows. A
row names everything by its English words (`fact_lexicon`); `-` says that there is nothing to say.
What a row leaves out is never told, neither that it is so nor that it is not.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeVar

from pipeline_lib.tales.fact_lexicon import (
    ABILITIES,
    CLASSES,
    COATS,
    COMPANY,
    FOODS,
    GIFTS,
    HOMES,
    MATERIALS,
    NEEDS,
    PARTS,
    REFUSED,
    SEASONS,
    SLEEP,
    TASTES,
    USES,
    WIDER,
    Class,
    Coat,
    Parts,
    Word,
)  # fmt: skip

Realm = Literal["animal", "plant", "thing"]
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True, eq=False)
class Kind:
    """A kind of animal, plant or thing, and what is true of it."""

    one: str
    many: str
    ja: str
    realm: Realm
    classes: tuple[Class, ...]
    """The narrowest first."""
    size: int
    speed: int
    """0: it does not move."""
    parts: tuple[Parts, ...] = ()
    is_legless: bool = False
    coat: Coat | None = None
    home: Word | None = None
    foods: tuple[Word, ...] = ()
    refused: tuple[Word, ...] = ()
    able: tuple[Word, ...] = ()
    unable: tuple[Word, ...] = ()
    company: Word | None = None
    sleep: Word | None = None
    gift: Word | None = None
    season: Word | None = None
    picked: Word | None = None
    taste: Word | None = None
    need: Word | None = None
    use: Word | None = None
    material: Word | None = None


def _cells(row: str) -> list[str]:
    return [cell.strip() for cell in row.split("|")]


def _all(known: dict[str, Item], cell: str) -> tuple[Item, ...]:
    return () if cell == "-" else tuple(known[name.strip()] for name in cell.split(","))


def _one(known: dict[str, Item], cell: str) -> Item | None:
    return None if cell == "-" else known[cell]


def _classes(name: str) -> tuple[Class, ...]:
    wider = WIDER.get(name)
    return (CLASSES[name],) + ((CLASSES[wider],) if wider else ())


def _animal(row: str) -> Kind:
    cells = _cells(row)
    one, many, ja, name, size, speed, parts, coat, home, foods, diet, *rest = cells
    company, sleep, gift, able, unable = rest
    return Kind(
        one, many, ja, "animal", _classes(name), int(size), int(speed),
        parts=() if parts == "no legs" else _all(PARTS, parts),
        is_legless=parts == "no legs",
        coat=_one(COATS, coat),
        home=HOMES[home],
        foods=_all(FOODS, foods),
        refused=tuple(FOODS[food] for food in REFUSED[diet].split()),
        company=COMPANY[company],
        sleep=_one(SLEEP, sleep),
        gift=_one(GIFTS, gift),
        able=_all(ABILITIES, able),
        unable=_all(ABILITIES, unable),
    )  # fmt: skip


def _plant(row: str) -> Kind:
    one, many, ja, name, size, coat, home, season, picked, taste, need = _cells(row)
    return Kind(
        one, many, ja, "plant", _classes(name), int(size), 0,
        coat=_one(COATS, coat), home=HOMES[home], season=_one(SEASONS, season),
        picked=_one(SEASONS, picked), taste=_one(TASTES, taste), need=NEEDS[need],
    )  # fmt: skip


def _thing(row: str) -> Kind:
    one, many, ja, name, size, speed, parts, home, use, material = _cells(row)
    return Kind(
        one, many, ja, "thing", _classes(name), int(size), int(speed),
        parts=_all(PARTS, parts), home=HOMES[home], use=USES[use],
        material=_one(MATERIALS, material),
    )  # fmt: skip


def _kinds(read: Callable[[str], Kind], text: str) -> tuple[Kind, ...]:
    return tuple(read(row) for row in text.strip().splitlines())


# name, plural, Japanese | class | size, speed | parts | coat | home | food, diet | lives | sleeps | gives | can | cannot
ANIMALS = _kinds(
    _animal,
    """
cat|cats|猫|mammal|3|4|four legs|soft fur|with people|fish, meat|meat|alone|day|-|climb, jump|fly
dog|dogs|犬|mammal|4|4|four legs|short fur|with people|meat|-|groups|night|-|run, swim, dig|fly, climb
mouse|mice|ネズミ|mammal|2|3|four legs|grey fur|in old houses|seeds, nuts|-|groups|day|-|dig|fly
rabbit|rabbits|ウサギ|mammal|3|4|four legs|white fur|on the plains|grass, leaves|plants|groups|day|-|run, jump|fly, climb
horse|horses|馬|mammal|6|5|four legs|brown fur|on farms|grass|plants|groups|night|-|run, jump, swim|fly, climb
cow|cows|牛|mammal|6|3|four legs|black and white fur|on farms|grass|plants|groups|night|milk|swim|fly, climb, jump
sheep|sheep|羊|mammal|5|3|four legs|thick fur|on farms|grass|plants|groups|night|wool|-|fly, climb, dig
pig|pigs|豚|mammal|5|3|four legs|pink skin|on farms|vegetables, fruit|-|groups|night|-|swim, dig|fly, climb, jump
bear|bears|熊|mammal|7|4|four legs|brown fur|in the forest|fish, honey, nuts|-|alone, big|night|-|climb, swim, run|fly
fox|foxes|キツネ|mammal|4|4|four legs|red fur|in the forest|mice, fruit|-|alone|day|-|run, jump, dig|fly
wolf|wolves|オオカミ|mammal|5|5|four legs|grey fur|in the forest|meat|meat|groups|day|-|run, swim|fly, climb
lion|lions|ライオン|mammal|6|5|four legs|golden fur|on the plains|meat|meat|groups|day|-|run, jump|fly, dig
tiger|tigers|トラ|mammal|6|5|four legs|striped fur|in the jungle|meat|meat|alone, big|day|-|run, swim, jump|fly, dig
elephant|elephants|ゾウ|mammal|7|3|four legs|grey skin|on the plains|grass, leaves|plants|groups|night|-|swim|fly, jump
giraffe|giraffes|キリン|mammal|7|4|four legs|spotted fur|on the plains|leaves|plants|groups|night|-|run|fly, swim, climb
monkey|monkeys|サル|mammal|4|3|-|brown fur|in the jungle|fruit, nuts, leaves|-|groups|night|-|climb, jump|fly
camel|camels|ラクダ|mammal|6|4|four legs|brown fur|in the desert|grass|plants|groups|night|milk|run|fly, climb
squirrel|squirrels|リス|mammal|2|3|four legs|red fur|in the forest|nuts, seeds|-|alone|night|-|climb, jump|fly
panda|pandas|パンダ|mammal|6|2|four legs|black and white fur|in the mountains|bamboo|-|alone, big|night|-|climb, swim|fly
whale|whales|クジラ|mammal|8|4|no legs|smooth skin|in the sea|fish|meat|groups|-|-|swim|fly, climb, run
dolphin|dolphins|イルカ|mammal|6|5|no legs|smooth skin|in the sea|fish|meat|groups|-|-|swim, jump|fly, climb, run
bat|bats|コウモリ|mammal|2|3|two wings|black fur|in caves|insects|meat|groups|day|-|fly|dig, jump
eagle|eagles|ワシ|bird|4|5|two legs, two wings|brown feathers|in the mountains|fish, mice|meat|alone, bird|night|-|fly|swim
owl|owls|フクロウ|bird|3|4|two legs, two wings|soft feathers|in the forest|mice|meat|alone, bird|day|-|fly|swim, dig
penguin|penguins|ペンギン|bird|4|3|two legs, two wings|black and white feathers|on the ice|fish|meat|groups|night|-|swim|fly
parrot|parrots|オウム|bird|3|3|two legs, two wings|green feathers|in the jungle|seeds, fruit|-|groups|night|-|fly, climb|swim
crow|crows|カラス|bird|3|4|two legs, two wings|black feathers|in towns|seeds, fruit, insects|-|groups|night|-|fly|swim, dig
swan|swans|白鳥|bird|4|4|two legs, two wings|white feathers|in lakes|water plants|plants|groups|night|-|fly, swim|climb, dig
chicken|chickens|鶏|bird|3|2|two legs, two wings|white feathers|on farms|seeds, insects|-|groups|night|eggs|-|swim, climb
ostrich|ostriches|ダチョウ|bird|6|5|two legs, two wings|black feathers|on the plains|grass, seeds|-|groups|night|-|run|fly
shark|sharks|サメ|fish|7|4|no legs|grey skin|in the sea|fish, meat|meat|alone|-|-|swim|fly, climb, run
salmon|salmon|サケ|fish|3|3|no legs|silver scales|in rivers|insects|-|groups|-|-|swim, jump|fly, climb, run
goldfish|goldfish|金魚|fish|2|1|no legs|red scales|in ponds|water plants, insects|-|groups|night|-|swim|fly, climb, jump
bee|bees|ハチ|insect|1|3|six legs, four wings|-|in gardens|honey|-|groups|night|honey|fly|swim, jump
ant|ants|アリ|insect|1|1|six legs|-|under the ground|seeds, honey|-|groups|night|-|climb, dig|swim, jump
butterfly|butterflies|チョウ|insect|1|2|six legs, four wings|-|in gardens|honey|-|alone|night|-|fly|swim, run, dig
dragonfly|dragonflies|トンボ|insect|1|4|six legs, four wings|-|in ponds|insects|meat|alone|night|-|fly|run, dig
snake|snakes|ヘビ|reptile|4|2|no legs|brown scales|on the plains|mice|meat|alone|day|-|swim, climb|fly, jump
turtle|turtles|カメ|reptile|3|1|four legs|hard skin|in ponds|water plants, fish|-|alone|night|-|swim|fly, run, jump
crocodile|crocodiles|ワニ|reptile|6|3|four legs|green scales|in rivers|meat, fish|meat|alone, big|night|-|swim|fly, climb
lizard|lizards|トカゲ|reptile|2|3|four legs|grey scales|in the desert|insects|-|alone|night|-|run, climb|fly
frog|frogs|カエル|animal|2|2|four legs|smooth skin|in ponds|insects|meat|alone|day|-|swim, jump|fly, dig
spider|spiders|クモ|animal|1|2|eight legs|-|in old houses|insects|meat|alone|day|-|climb|fly, swim
""",
)

# name, plural, Japanese | class | size | coat | home | blooms | picked | tastes | needs
PLANTS = _kinds(
    _plant,
    """
pine tree|pine trees|松|tree|5|green leaves|in the mountains|-|-|-|a lot of space
cherry tree|cherry trees|桜|tree|4|pink flowers|in parks|spring|-|-|warm days
maple|maples|カエデ|tree|4|red leaves|in the forest|-|-|-|cold nights
rose|roses|バラ|flower|2|red flowers|in gardens|summer|-|-|a lot of sun
tulip|tulips|チューリップ|flower|1|yellow flowers|in parks|spring|-|-|cold winters
sunflower|sunflowers|ヒマワリ|flower|3|yellow flowers|in fields|summer|-|-|a lot of sun
lily|lilies|ユリ|flower|2|white flowers|in the mountains|summer|-|-|good soil
carrot|carrots|ニンジン|vegetable|1|green leaves|in fields|-|autumn|sweet|good soil
tomato|tomatoes|トマト|vegetable|1|yellow flowers|in gardens|-|summer|sour|a lot of sun
pumpkin|pumpkins|カボチャ|vegetable|3|yellow flowers|in fields|-|autumn|sweet|a lot of space
onion|onions|玉ねぎ|vegetable|1|white flowers|in fields|-|spring|hot|a lot of sun
apple|apples|リンゴ|fruit|2|red skin|on trees|-|autumn|sweet|cold winters
lemon|lemons|レモン|fruit|1|yellow skin|on trees|-|winter|sour|warm days
strawberry|strawberries|イチゴ|fruit|1|white flowers|in gardens|-|spring|sweet|a lot of water
watermelon|watermelons|スイカ|fruit|3|green skin|in fields|-|summer|sweet|a lot of water
""",
)

# name, plural, Japanese | class | size, speed | parts | place | use | made of
THINGS = _kinds(
    _thing,
    """
hammer|hammers|金づち|tool|2|0|-|in the workshop|hit nails|iron
saw|saws|のこぎり|tool|3|0|-|in the workshop|cut wood|iron
knife|knives|ナイフ|tool|1|0|-|in the kitchen|cut bread|iron
pot|pots|鍋|tool|2|0|-|in the kitchen|cook soup|iron
cup|cups|コップ|tool|1|0|-|in the kitchen|drink water|glass
broom|brooms|ほうき|tool|3|0|-|in houses|sweep the floor|bamboo
umbrella|umbrellas|傘|tool|3|0|-|in houses|keep off the rain|cloth
key|keys|鍵|tool|1|0|-|in houses|open doors|iron
needle|needles|針|tool|1|0|-|in houses|sew clothes|iron
clock|clocks|時計|tool|2|0|-|at the station|tell the time|-
ladder|ladders|はしご|tool|4|0|-|in the workshop|reach high places|wood
bicycle|bicycles|自転車|vehicle|4|2|two wheels|on the street|ride to school|iron
bus|buses|バス|vehicle|6|3|four wheels|on the street|carry many people|iron
boat|boats|ボート|vehicle|5|1|-|in lakes|cross the water|wood
train|trains|電車|vehicle|7|4|-|at the station|travel to the city|iron
airplane|airplanes|飛行機|vehicle|7|5|-|at the airport|travel to other countries|-
piano|pianos|ピアノ|instrument|5|0|-|at school|play music|wood
guitar|guitars|ギター|instrument|3|0|six strings|in concert halls|play music|wood
violin|violins|バイオリン|instrument|2|0|four strings|in concert halls|play music|wood
drum|drums|太鼓|instrument|3|0|-|at festivals|play music|wood
flute|flutes|笛|instrument|1|0|-|at festivals|play music|bamboo
""",
)

KINDS = ANIMALS + PLANTS + THINGS
