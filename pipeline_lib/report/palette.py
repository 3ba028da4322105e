"""Colours by role. A figure is drawn in the light ones; in the page they become CSS variables, so it follows dark mode."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Shade:
    light: str
    dark: str


PALETTE = {
    "paper": Shade("#fbfaf7", "#161a18"),
    "card": Shade("#fffffe", "#1e2421"),
    "ink": Shade("#1f2421", "#e9e7e0"),
    "muted": Shade("#66706a", "#9aa59e"),
    "line": Shade("#e3e0d7", "#323a35"),
    "base": Shade("#76838f", "#94a3b1"),
    "sft": Shade("#b8761d", "#dfa353"),
    "chat": Shade("#2c7a57", "#5cba8e"),
    "faint": Shade("#c9d2d3", "#47524f"),
    "wrong": Shade("#a8443a", "#e08b80"),
}

MODELS = ("base", "sft", "chat")


def light(role: str) -> str:
    """The colour of a role on light paper, as matplotlib takes it."""
    return PALETTE[role].light


def as_variables(svg: str) -> str:
    """An SVG whose colours are the page's variables."""
    for role, shade in PALETTE.items():
        svg = svg.replace(shade.light, f"var(--{role})")
    return svg


def css() -> str:
    """The variables, for light paper and for dark."""
    lights = "".join(f"--{role}:{shade.light};" for role, shade in PALETTE.items())
    darks = "".join(f"--{role}:{shade.dark};" for role, shade in PALETTE.items())
    return (
        f":root{{color-scheme:light dark;{lights}}}"
        f"@media (prefers-color-scheme:dark){{:root{{{darks}}}}}"
    )
