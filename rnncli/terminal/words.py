"""Numbers and texts as people read them."""

from typing import Any


def count(number: float) -> str:
    """12,345"""
    return f"{number:,.0f}"


def plural(number: int, noun: str) -> str:
    """1 layer, 2 layers, 2 processes"""
    ending = "" if number == 1 else "es" if noun.endswith("s") else "s"
    return f"{count(number)} {noun}{ending}"


def network(config: dict[str, Any]) -> str:
    """GRU in both directions, 2 layers of 128 units"""
    kind = config["cell"].upper() + (" in both directions" if config["bidirectional"] else "")
    if config["cell"] == "mlp":
        kind = f"feed-forward network of the last {plural(config['context'], 'character')}"
        if not config["layers"]:
            return kind.replace("feed-forward network", "single-layer perceptron")
    if config["cell"] in ("rnn", "mlp"):
        kind += f", {config['activation']}"
    return f"{kind}, {plural(config['layers'], 'layer')} of {plural(config['hidden_size'], 'unit')}"


def seconds(duration: float) -> str:
    """4 s, 2 min 05 s, 1 h 12 min"""
    if round(duration) < 60:
        return f"{duration:.1f} s" if duration < 9.95 else f"{duration:.0f} s"
    minutes, rest = divmod(round(duration), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def visible_lines(text: str) -> str:
    """The text with control characters other than line ends shown as escapes, without empty lines around it."""
    return "".join(c if c.isprintable() or c in "\n\t" else repr(c)[1:-1] for c in text).strip("\n")


def visible(text: str) -> str:
    """The text with control characters shown as pictures or escapes, for one line."""
    pictures = {"\n": "↵", "\t": "→", "\r": "␍", " ": "·"}
    return "".join(pictures.get(c) or (c if c.isprintable() else repr(c)[1:-1]) for c in text)


def visible_line(text: str) -> str:
    """The text with control characters shown, blanks as they are."""
    return "".join(c if c == " " else visible(c) for c in text)
