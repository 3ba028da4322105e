"""Lines that web pages put around a text: consent, rights, sharing, menus. Whole lines only.

Two tables to read and to add to. `SURE` lines say nothing else, wherever they stand; each is looked
for only where its key stands in the text, so that a book costs little. `MENU` words could be a line
of a story, or its title; they go where three or more such lines stand together.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

LONGEST = 160
"""Characters: a longer line is a paragraph, whatever it begins with."""
TOGETHER = 3

EN = {
    "©": r"(?:copyright )?© ?(?:copyright )?(?:19|20)\d\d\b[^.]{0,80}(?:\. all rights reserved)?",
    "copyright": r"copyright (?:\(c\) )?(?:19|20)\d\d\b[^.]{0,60}\. all rights reserved",
    "all rights reserved": r"[^.]{0,60}\ball rights reserved",
    "cookie": (
        r"(?:we|this (?:web)?site|our (?:web)?site) uses? cookies\b.{0,140}|"
        r"(?:accept|reject|manage|allow|decline) (?:all )?cookies(?: (?:settings|preferences))?|"
        r"cookies? (?:policy|settings|preferences|notice)"
    ),
    "site, you": (
        r"by (?:using|continuing to (?:use|browse)) (?:this|our|the) (?:web)?site, you "
        r"(?:agree|consent|accept)\b.{0,100}"
    ),
    "share": r"share (?:this|on|via)(?: (?:article|post|page|story|entry|link|social media))?",
    "facebook": (
        r"(?:click )?(?:to )?(?:share|like|post|find us|follow us|join us)(?: (?:this|it))?(?: (?:on|to|via|with))? "
        r"facebook(?: \(opens in new window\))?"
    ),
    "twitter": (
        r"(?:click )?(?:to )?(?:share|tweet|post|follow us)(?: (?:this|it))?(?: (?:on|to|via|with))? "
        r"twitter(?: \(opens in new window\))?"
    ),
    "follow us": r"follow us(?: on (?:instagram|youtube|linkedin|social media))?",
    "skip to": r"skip to (?:main |primary )?(?:content|navigation)",
    "jump to": r"jump to (?:content|navigation|search)",
    "newsletter": r"(?:sign up|subscribe) (?:for|to) (?:our|the) (?:weekly |daily |free )?newsletter.{0,40}",
    "javascript": (
        r"(?:please )?enable javascript\b.{0,100}|javascript (?:is|must be) (?:disabled|enabled)\b.{0,100}|"
        r"(?:your browser|you need a browser that) (?:does not |doesn't )?supports? javascript.{0,60}"
    ),
    "privacy policy": r"privacy policy(?: ?[|·&] ?(?:terms of (?:use|service)|cookie policy|contact us|sitemap)){0,4}",
    "terms": r"terms (?:of (?:use|service)|and conditions|& conditions)(?: ?[|·&] ?privacy policy)?",
    "comment": r"(?:leave|post|add) a comment|comments are closed",
    "leave a reply": r"leave a reply(?: cancel reply)?",
    "your email address": r"your email address will not be published.{0,60}",
    "powered by": r"(?:proudly )?powered by (?:wordpress|blogger|drupal|disqus|mediawiki|vbulletin|phpbb).{0,40}",
    "you must": r"you must (?:be )?(?:logged in|log in|login|sign in|register) to .{0,40}",
    "advertisement": r"advertisement",
    "continues below": r"(?:story|article) continues below(?: advertisement)?",
}
JA = {
    "サイトでは": r"(?:当|本|この)?(?:ウェブ|web)?サイトでは.{0,40}(?:クッキー|cookie).{0,80}",
    "クッキー": r"クッキー(?:ポリシー|の設定|設定|に同意する|を許可する)",
    "cookie": r"cookie(?:ポリシー|の設定|設定|に同意する|を許可する)",
    "無断": (
        r"(?:[^。]{0,20}の)?(?:無断(?:転載|複製|使用|引用)(?:・|、|及び|および|を)?){1,3}(?:転載|複製)?"
        r"(?:を?禁じます|禁止|を禁止します|はご遠慮ください)"
    ),
    "シェア": r"(?:この記事を|記事を|ページを|(?:facebook|twitter|line)で)?シェア(?:する)?",
    "ツイート": r"(?:この記事を)?ツイート(?:する)?",
    "ブックマーク": r"はてなブックマークに追加|ブックマークする",
    "javascript": r"javascriptを?(?:有効|オン)に(?:して|設定して).{0,40}",
    "スキップ": r"(?:本文|メインコンテンツ|コンテンツ)(?:へ|に)スキップ(?:する)?",
    "トップ": r"(?:このページの|ページの?|ページ)トップ(?:へ|に)(?:戻る|もどる)?",
    "先頭": r"(?:この)?ページの先頭(?:へ|に)(?:戻る|もどる)?",
    "メールマガジン": r"メールマガジンの?(?:登録|購読)(?:は(?:こちら|コチラ))?",
    "コメント": r"コメントを(?:残す|書く|投稿する)(?: ?コメントをキャンセル)?",
    "リンク": r"スポンサー(?:ド)?リンク",
}
SURE = [(key, re.compile(line)) for table in (EN, JA) for key, line in table.items()]
MENU = {
    "en": (
        "home|about|about us|contact|contact us|menu|main menu|search|login|log in|sign in|sign up|log out|"
        "register|subscribe|next|previous|prev|back|back to top|top|share|tweet|pin it|like|print|email|"
        "faq|faqs|help|sitemap|site map|news|blog|archives|categories|tags|products|services|shop|store|cart|"
        "my account|account|careers|jobs|press|advertise|support|forum|forums|gallery|links|rss|rss feed|"
        "facebook|twitter|instagram|youtube|linkedin|pinterest|more|read more|view all|see all|close|"
        "next page|previous page|next post|previous post|related posts|related articles|recent posts|"
        "recent comments|privacy|terms|legal|disclaimer|newsletter|comments|reply|download|donate"
    ),
    "ja": (
        "ホーム|トップ|トップページ|メニュー|検索|ログイン|ログアウト|会員登録|新規登録|お問い合わせ|"
        "お問合せ|会社概要|企業情報|採用情報|プライバシーポリシー|個人情報保護方針|利用規約|サイトマップ|"
        "次へ|前へ|次のページ|前のページ|戻る|一覧|もっと見る|続きを読む|よくある質問|ヘルプ|お知らせ|ニュース|"
        "ブログ|商品一覧|カート|マイページ|カテゴリ|カテゴリー|タグ|アーカイブ|最新記事|関連記事|"
        "人気記事|コメント|返信|特定商取引法に基づく表記|アクセス|リンク|閉じる"
    ),
}
MENU_WORDS = frozenset(word for words in MENU.values() for word in words.split("|"))
MARKS = " \t\r\u3000\xa0•·|›»«‹>*-–—+.,:!…。、：！"
"""What stands around a line of a menu."""

Rules = Sequence[tuple[str, re.Pattern[str]]]


def strip(text: str) -> str:
    """`text` less such lines, everything else as it was."""
    lowered = text.lower()
    rules = [(key, line) for key, line in SURE if key in lowered]
    lines = text.split("\n")
    found = [_kind(line, rules) for line in lines]
    if "sure" not in found and found.count("menu") < TOGETHER:
        return text
    gone = set(_gone(found))
    return (
        "\n".join(line for number, line in enumerate(lines) if number not in gone) if gone else text
    )


def _kind(line: str, rules: Rules) -> str:
    """What sort of line it is: "sure", "menu", "blank" or nothing at all."""
    if len(line) > LONGEST:
        return ""
    words = line.strip(MARKS).lower()
    if not words:
        return "blank"
    if words in MENU_WORDS:
        return "menu"
    if any(key in words and pattern.fullmatch(words) for key, pattern in rules):
        return "sure"
    return ""


def _gone(found: Iterable[str]) -> Iterator[int]:
    """Which lines go; blank ones do not part a menu."""
    for stock, run in groupby(enumerate(found), key=lambda line: bool(line[1])):
        marked = [(number, kind) for number, kind in run if stock and kind != "blank"]
        for number, kind in marked:
            if kind == "sure" or len(marked) >= TOGETHER:
                yield number
