"""Presets: overlays of params.yaml, one YAML file each, composing left to right.

params.yaml stays the only truth: `apply` edits it and keeps its comments, `arguments` spells the
same change as overrides of one DVC experiment. `default` is the whole file as it was shipped. An
overlay that names `download.sources` replaces that mapping, since a mixture is one thing.
"""

import io
import json
import math
import re
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from pipeline_lib import params
from pipeline_lib.errors import ParamsError
from pipeline_lib.formats import files
from pipeline_lib.presets.differences import Change, between

FOLDER = Path(__file__).parent
DEFAULT = "default"
REPLACED = ("download", "sources")
PLAIN = re.compile(r"[A-Za-z_./][\w./*+-]*")
"""Strings that DVC's override grammar reads as they are."""
WORDS = {"null", "true", "false", "nan", "inf"}


@dataclass(frozen=True)
class Preset:
    name: str
    text: str
    """The YAML file."""

    @property
    def about(self) -> str:
        """First sentence of the comment that the file begins with."""
        if self.name == DEFAULT:
            return "params.yaml as it was shipped."
        lines = []
        for line in self.text.splitlines():
            if not line.startswith("#"):
                break
            lines.append(line.lstrip("# "))
        return re.split(r"(?<=\.)\s", " ".join(lines))[0]

    @property
    def overlay(self) -> MutableMapping[str, Any]:
        return _load(self.text, f"preset {self.name}")


def known() -> list[Preset]:
    """Every preset that is shipped, `default` first."""
    names = sorted((path.stem for path in FOLDER.glob("*.yaml")), key=lambda n: (n != DEFAULT, n))
    return [Preset(name, (FOLDER / f"{name}.yaml").read_text(encoding="utf-8")) for name in names]


def find(names: Sequence[str]) -> list[Preset]:
    """Presets by name, or overlays of one's own by path (`*.yaml`); ParamsError where there is no such."""
    shipped = {preset.name: preset for preset in known()}
    return [
        _own(Path(name)) if name.endswith(".yaml") else _shipped(shipped, name) for name in names
    ]


def _shipped(shipped: Mapping[str, Preset], name: str) -> Preset:
    if name not in shipped:
        raise ParamsError(
            f"preset {name}: expected one of {', '.join(shipped)}, or the path of an overlay, *.yaml; "
            "see `bonsai preset list`"
        )
    return shipped[name]


def _own(path: Path) -> Preset:
    try:
        return Preset(str(path), path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ParamsError(f"preset {path}: expected a YAML file, found {error}") from None


def apply(path: Path, names: Sequence[str]) -> None:
    """Edit params.yaml, comments kept; it stays as it was where the result would not be valid."""
    files.write_text(path, result(path, names))


def result(path: Path, names: Sequence[str]) -> str:
    """The params.yaml that `apply` would leave."""
    return composed(_read(path), names)


def changes(path: Path, names: Sequence[str], against: Sequence[str] = ()) -> list[Change]:
    """What `apply` would change; or what it would leave otherwise than `apply` of `against`."""
    before, after = (
        _plain(_load(result(path, chosen), "params.yaml")) for chosen in (against, names)
    )
    return list(between(before, after))


def composed(text: str, names: Sequence[str]) -> str:
    """params.yaml as `text`, with presets laid over it; ParamsError where that is not valid."""
    content: MutableMapping[str, Any] | None = None
    for preset in find(names):
        if preset.name == DEFAULT:
            text, content = preset.text, None
            continue
        content = _load(text, "params.yaml") if content is None else content
        _lay_over(content, preset.overlay)
        params.check(_plain(content), f"params.yaml with preset {preset.name}")
    return text if content is None else _dump(content)


def arguments(path: Path, names: Sequence[str]) -> list[str]:
    """The same change for `dvc exp run`: words without spaces or shell quotes."""
    composed(_read(path), names)  # refuses what `apply` refuses
    together: dict[str, Any] = {}
    for preset in find(names):
        _lay_over(together, preset.overlay)
    return [word for override in _overrides(_plain(together)) for word in ("-S", override)]


def _overrides(overlay: Mapping[str, Any]) -> Iterator[str]:
    for key, value in _leaves(overlay, ()):
        if key != REPLACED:
            yield f"{'.'.join(key)}={_value(key, value)}"
            continue
        yield f"~{'.'.join(key)}"
        for inner, leaf in _leaves(value, key, whole=None):
            yield f"+{'.'.join(inner)}={_value(inner, leaf)}"


def _leaves(
    values: Mapping[str, Any],
    place: tuple[str, ...],
    whole: tuple[str, ...] | None = REPLACED,
) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every value with its place; `whole` is not gone into, nor is an empty mapping."""
    for name, value in values.items():
        here = (*place, name)
        if isinstance(value, Mapping) and value and here != whole:
            yield from _leaves(value, here, whole)
        else:
            yield here, value


def _value(key: tuple[str, ...], value: Any) -> str:
    """A value in the override grammar of DVC (Hydra's), as one word of the shell."""
    if isinstance(value, str):
        if re.search(r"\s|['\"\\$`]", value):
            raise ParamsError(
                f"{'.'.join(key)}: expected a value without spaces, quotes or $, found {value!r}; "
                "`bonsai preset apply` takes it"
            )
        is_plain = PLAIN.fullmatch(value) and value.lower() not in WORDS
        return value if is_plain else f"'{value}'"
    if isinstance(value, float) and math.isfinite(value):
        return repr(value)
    return json.dumps(value, separators=(",", ":")) if value != {} else "{}"


def _lay_over(below: MutableMapping[str, Any], above: Mapping[str, Any]) -> None:
    """Write `above` into `below`, mapping by mapping; `download.sources` as a whole."""
    _merge(below, above, ())


def _merge(
    below: MutableMapping[str, Any], above: Mapping[str, Any], place: tuple[str, ...]
) -> None:
    for name, value in above.items():
        here = (*place, name)
        deeper = isinstance(value, Mapping) and isinstance(below.get(name), MutableMapping)
        if deeper and here != REPLACED:
            _merge(below[name], value, here)
        else:
            below[name] = value


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ParamsError(f"{path}: no such file; run this in the project's folder") from None


def _load(text: str, where: str) -> MutableMapping[str, Any]:
    try:
        content = _yaml().load(text)
    except YAMLError as error:
        said = " ".join(str(error).split())
        raise ParamsError(f"{where}: not readable as YAML: {said}") from None
    if not isinstance(content, MutableMapping):
        raise ParamsError(f"{where}: expected a mapping of sections, found {content!r}")
    return content


def _dump(content: MutableMapping[str, Any]) -> str:
    stream = io.StringIO()
    _yaml().dump(content, stream)
    return stream.getvalue()


def _plain(content: Any) -> Any:
    """Ruamel's types as Python's own."""
    if isinstance(content, Mapping):
        return {str(name): _plain(value) for name, value in content.items()}
    if isinstance(content, list):
        return [_plain(value) for value in content]
    for kind in (bool, int, float, str):
        if isinstance(content, kind):
            return kind(content)
    return content


def _yaml() -> YAML:
    yaml = YAML()
    yaml.width = 4096  # a source stays on its line
    yaml.preserve_quotes = True
    return yaml
