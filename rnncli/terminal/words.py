"""Numbers and texts as people read them."""


def count(number: float) -> str:
    """12,345"""
    return f"{number:,.0f}"


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
