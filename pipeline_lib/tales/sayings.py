"""Set expressions in both languages: times, moods, what people can do, what a place is like.

Data. Japanese verbs and adjectives give their polite and their plain form.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class Phrase:
    """A set expression: a time, a spot, something that people do."""

    en: str
    ja: str
    """With `polite|plain` where they differ."""


TIMES = tuple(
    Phrase(en, ja)
    for en, ja in (
        ("One morning", "ある朝"),
        ("One day", "ある日"),
        ("One evening", "ある晩"),
        ("One cold morning", "ある寒い朝"),
        ("On a sunny day", "晴れた日に"),
        ("On a rainy day", "雨の日に"),
        ("On a windy day", "風の強い日に"),
        ("One Sunday", "ある日曜日"),
        ("One summer day", "ある夏の日"),
        ("Early in the spring", "春の初めに"),
        ("On the first day of autumn", "秋の最初の日に"),
        ("On a long winter day", "長い冬の日に"),
    )
)

SPOTS = tuple(
    Phrase(en, ja)
    for en, ja in (
        ("under a tree", "木の下"),
        ("behind a wall", "壁の後ろ"),
        ("on a bench", "ベンチの上"),
        ("in the grass", "草の中"),
        ("beside the road", "道のそば"),
        ("under a big stone", "大きな石の下"),
        ("behind a door", "戸の後ろ"),
        ("on the ground", "地面の上"),
    )
)

MOODS = tuple(
    Phrase(en, ja)
    for en, ja in (
        ("laughed", "笑いました|笑った"),
        ("smiled", "ほほえみました|ほほえんだ"),
        ("sang a song", "歌を歌いました|歌を歌った"),
        ("danced a little", "少し踊りました|少し踊った"),
        ("was happy", "うれしそうでした|うれしそうだった"),
        ("was tired", "疲れていました|疲れていた"),
        ("sat down", "座りました|座った"),
        ("looked at the sky", "空を見ました|空を見た"),
        ("told a joke", "冗談を言いました|冗談を言った"),
        ("listened to the birds", "鳥の声を聞きました|鳥の声を聞いた"),
        ("took a deep breath", "深く息を吸いました|深く息を吸った"),
        ("waved", "手を振りました|手を振った"),
    )
)
"""What one does that changes nothing."""

FEATS = tuple(
    Phrase(en, ja)
    for en, ja in (
        ("run fast", "速く走れます|速く走れる"),
        ("swim well", "上手に泳げます|上手に泳げる"),
        ("climb trees", "木に登れます|木に登れる"),
        ("whistle", "口笛を吹けます|口笛を吹ける"),
        ("play the piano", "ピアノを弾けます|ピアノを弾ける"),
        ("read maps", "地図を読めます|地図を読める"),
        ("bake bread", "パンを焼けます|パンを焼ける"),
        ("draw horses", "馬を描けます|馬を描ける"),
    )
)
"""What one can do."""

TRAITS = tuple(
    Phrase(*line.split())
    for line in (
        "kind 優しい",
        "brave 勇敢な",
        "clever 賢い",
        "quiet 静かな",
        "cheerful 明るい",
        "curious 好奇心の強い",
        "honest 正直な",
        "funny 面白い",
        "patient 我慢強い",
        "tall 背の高い",
    )
)

SCENERY = tuple(
    Phrase(en, ja)
    for en, ja in (
        ("The sun was shining", "日が照っていました|日が照っていた"),
        ("The wind was cold", "風が冷たかったです|風が冷たかった"),
        ("A bird was singing", "鳥が鳴いていました|鳥が鳴いていた"),
        ("A dog was sleeping", "犬が眠っていました|犬が眠っていた"),
        ("There were many people", "人がたくさんいました|人がたくさんいた"),
        ("Nobody said a word", "誰も何も言いませんでした|誰も何も言わなかった"),
        ("A bell rang far away", "遠くで鐘が鳴りました|遠くで鐘が鳴った"),
        ("The air smelled of rain", "雨の匂いがしました|雨の匂いがした"),
    )
)
"""Sentences of their own."""

DOINGS = tuple(
    Phrase(en, ja)
    for en, ja in (
        ("laughed together", "一緒に笑いました|一緒に笑った"),
        ("talked for a while", "しばらく話しました|しばらく話した"),
        ("sat side by side", "並んで座りました|並んで座った"),
        ("played hide and seek", "かくれんぼをしました|かくれんぼをした"),
        ("shook hands", "握手をしました|握手をした"),
        ("ran a race", "競走をしました|競走をした"),
        ("sang together", "一緒に歌いました|一緒に歌った"),
        ("told stories", "物語を語り合いました|物語を語り合った"),
    )
)
"""What two do together."""
