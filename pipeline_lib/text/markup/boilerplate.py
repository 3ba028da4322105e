"""Lines that web pages put around a text: consent, rights, sharing, menus. Whole lines only.

Two tables to read and to add to. `SURE` lines say nothing else, wherever they stand. `MENU` words
could be a line of a story, or its title; they go where three or more such lines stand together.
"""

import re

LONGEST = 160
"""Characters: a longer line is a paragraph, whatever it begins with."""
TOGETHER = 3

SURE = {
    "en": (
        r"(?:copyright )?(?:©|\(c\)) ?(?:copyright )?(?:19|20)\d\d\b[^.]{0,80}(?:\. all rights reserved)?",
        r"[^.]{0,60}\ball rights reserved",
        r"(?:we|this (?:web)?site|our (?:web)?site) uses? cookies\b.{0,140}",
        r"by (?:continuing to (?:use|browse)|using) (?:this|our|the) (?:web)?site,? you (?:agree|consent|accept)\b.{0,100}",
        r"(?:accept|reject|manage|allow|decline) (?:all )?cookies(?: (?:settings|preferences))?",
        r"cookies? (?:policy|settings|preferences|notice)",
        r"(?:click )?(?:to )?(?:share|tweet|pin|like|post)(?: (?:this|it))?(?: (?:on|to|via|with))? "
        r"(?:facebook|twitter|x|pinterest|linkedin|reddit|whatsapp|email|tumblr|telegram)"
        r"(?: \(opens in new window\))?",
        r"share (?:this|on|via)(?: (?:article|post|page|story|entry|link|social media))?",
        r"follow us(?: on (?:facebook|twitter|instagram|youtube|linkedin|social media))?",
        r"skip to (?:main |primary )?(?:content|navigation)|jump to (?:content|navigation|search)",
        r"(?:sign up|subscribe) (?:for|to) (?:our|the) (?:weekly |daily |free )?newsletter.{0,40}",
        r"(?:please )?enable javascript\b.{0,100}|javascript (?:is|must be) (?:disabled|enabled)\b.{0,100}|"
        r"(?:your browser|you need a browser that) (?:does not |doesn't )?supports? javascript.{0,60}",
        r"privacy policy(?: ?[|·&,/-] ?(?:terms (?:of (?:use|service))?|cookie policy|contact(?: us)?|sitemap| ){1,8})?",
        r"terms (?:of (?:use|service)|and conditions|& conditions)(?: ?[|·&-] ?privacy policy)?",
        r"(?:leave|post|add) a (?:comment|reply)(?: cancel reply)?|comments are closed",
        r"your email address will not be published.{0,60}",
        r"powered by (?:wordpress|blogger|drupal|disqus|mediawiki|vbulletin|phpbb).{0,40}",
        r"you must (?:be )?(?:logged in|log in|login|sign in|register) to .{0,40}",
        r"advertisement|sponsored content|story continues below|article continues below(?: advertisement)?",
    ),
    "ja": (
        r"(?:当|本|この)?(?:ウェブ|web)?サイトでは.{0,40}(?:クッキー|cookie).{0,80}",
        r"(?:クッキー|cookie)(?:ポリシー|の設定|設定|に同意する|を許可する)",
        r"(?:無断(?:転載|複製|使用)(?:・|、|及び|および|を)?){1,3}(?:複製|転載)?(?:を?禁じます|禁止|を禁止します|はご遠慮ください)",
        r"(?:facebook|twitter|line|x|はてなブックマーク|pocket)(?:で|に)(?:シェア|共有|送る|投稿|追加|保存)(?:する)?",
        r"(?:この記事を|記事を|ページを)?(?:シェア|ツイート|共有)(?:する|お願いします)?",
        r"javascriptを?(?:有効|オン)に(?:して|設定して).{0,40}",
        r"(?:本文|メインコンテンツ|コンテンツ)(?:へ|に)(?:スキップ|移動|ジャンプ)(?:する|します)?",
        r"(?:ページ|この頁)?(?:の)?(?:トップ|先頭)(?:へ|に)(?:戻る|もどる)",
        r"メールマガジン(?:の)?(?:登録|購読)(?:は(?:こちら|コチラ))?",
        r"コメントを(?:残す|書く|投稿する)(?:コメントをキャンセル)?",
        r"スポンサー(?:ド)?リンク|広告",
    ),
}
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
SAYS_NOTHING = re.compile("|".join(pattern for table in SURE.values() for pattern in table))
MENU_WORDS = frozenset(word for words in MENU.values() for word in words.split("|"))
MARKS = " \t\u3000\xa0•·|›»«‹>*-–—+.,:!…。、：！"
"""What stands around a line of a menu."""


def strip(text: str) -> str:
    """`text` less such lines, everything else as it was."""
    lines = text.split("\n")
    found = [_kind(line) for line in lines]
    if not any(found):
        return text
    gone: set[int] = set()
    start = 0
    while start < len(lines):
        stop = start
        while stop < len(lines) and (found[stop] or not lines[stop].strip()):
            stop += 1
        marked = [number for number in range(start, stop) if found[number]]
        menu = len(marked) >= TOGETHER
        gone.update(number for number in marked if menu or found[number] == "sure")
        start = stop + 1
    kept = [line for number, line in enumerate(lines) if number not in gone]
    return "\n".join(kept) if gone else text


def _kind(line: str) -> str:
    """ "sure", "menu" or nothing at all."""
    if len(line) > LONGEST or not (words := line.strip(MARKS).lower()):
        return ""
    if words in MENU_WORDS:
        return "menu"
    return "sure" if SAYS_NOTHING.fullmatch(words) else ""
