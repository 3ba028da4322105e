"""HTML that cannot be broken by what a model wrote: everything is escaped but what `tag` itself has made."""

from html import escape

VOID = frozenset({"meta", "img", "br"})


class Markup(str):
    """HTML already; never escaped again."""

    __slots__ = ()


def tag(name: str, /, *children: str, **attributes: str) -> Markup:
    """One element; `class_` is the attribute class, `aria_label` is aria-label."""
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(value)}"'
        for key, value in attributes.items()
    )
    if name in VOID:
        return Markup(f"<{name}{written}>")
    return Markup(f"<{name}{written}>{join(*children)}</{name}>")


def join(*children: str) -> Markup:
    """Children in order, plain text escaped."""
    parts = (c if isinstance(c, Markup) else escape(c, quote=False) for c in children)
    return Markup("".join(parts))
