"""The pages of ``--help``, drawn here so that no flag is cut on a narrow screen, and alike with every Typer."""

import re
import shutil
from typing import Any

from rnncli.terminal.words import width_of, wrap_words

MAX_WIDTH = 100
"""Columns of a page on a wide screen."""

SIDE_BY_SIDE = 60
"""Columns from which an explanation stands beside its option; below, it stands beneath."""

MAX_UNBROKEN, UNBREAKABLE = 30, "\xa0"

MAX_TERM = 34
"""Columns of the options at most; the explanation of a longer one begins beneath."""


def page(ctx: Any, width: int | None = None) -> str:
    """The help of a command: its usage, what it does with examples, and its arguments and options in panels."""
    width = min(MAX_WIDTH, width or shutil.get_terminal_size().columns)
    command = ctx.command
    parts = [_broken(f"Usage: {_usage(ctx)}", width, 2), _text(command.help or "", width)]
    panels: dict[str, list[tuple[str, str]]] = {}
    for parameter in command.get_params(ctx):
        if not getattr(parameter, "hidden", False):
            is_option = parameter.param_type_name == "option"
            panel = parameter.rich_help_panel or ("Options" if is_option else "Arguments")
            panels.setdefault(panel, []).append((_term(parameter), _explanation(parameter)))
    if hasattr(command, "list_commands"):
        commands = ((name, command.get_command(ctx, name)) for name in command.list_commands(ctx))
        panels["Commands"] = [(name, _summary(one.help or "")) for name, one in commands if not one.hidden]
    parts += [f"{name}:\n{_panel(rows, width)}" for name, rows in panels.items()]
    if command.epilog:
        parts.append(_text(command.epilog, width))
    return "\n\n".join(parts)


def _usage(ctx: Any) -> str:
    words = [ctx.command_path, "[OPTIONS]"]
    for parameter in ctx.command.get_params(ctx):
        if parameter.param_type_name == "argument":
            name = _term(parameter)
            words.append(name if parameter.required or name.startswith("[") else f"[{name}]")
    return " ".join([*words, "COMMAND [ARGS]..."] if hasattr(ctx.command, "list_commands") else words)


def _term(parameter: Any) -> str:
    """-o, --output PATH, or the name of an argument."""
    if parameter.param_type_name == "argument":
        name = parameter.metavar or parameter.name.upper()
        return name + "..." * (parameter.nargs == -1 and " " not in name and not name.startswith("["))
    flags = sorted(parameter.opts, key=lambda flag: flag.startswith("--"))
    flags[-1] = "/".join([flags[-1], *parameter.secondary_opts])
    value = "" if parameter.is_flag else f" {parameter.metavar or 'TEXT'}"
    return ("" if len(flags) > 1 else "    ") + ", ".join(flags) + value


def _explanation(parameter: Any) -> str:
    """The help of a parameter, and its default, which is not broken if it is short."""
    default = parameter.show_default
    if not isinstance(default, str):
        value = parameter.default
        default = "" if default is False or value is None or value is False or callable(value) else str(value)
    ends = f"[default: {default}]" if default else "[required]" if parameter.required else ""
    if len(ends) <= MAX_UNBROKEN:
        ends = ends.replace(" ", UNBREAKABLE)
    return f"{parameter.help or ''} {ends}".strip()


def _summary(text: str) -> str:
    return " ".join(text.split("\n\n")[0].split())


def _text(text: str, width: int) -> str:
    """Paragraphs; one that begins with a backspace keeps its lines, which are commands and what they do."""
    paragraphs = []
    for paragraph in re.split(r"\n\s*\n", text.strip()):
        if paragraph.lstrip(" ").startswith("\b"):
            paragraphs.append("\n".join(_example(line, width) for line in paragraph.split("\n")[1:]))
        else:
            paragraphs.append(_broken(" ".join(paragraph.split()), width))
    return "\n\n".join(paragraphs)


def _example(line: str, width: int) -> str:
    line = line.strip()
    if width_of(line) + 2 <= width:
        return f"  {line}"
    command, *does = re.split(r" {2,}", line)
    return "\n".join(["  " + _broken(command, width - 4, 4), *("      " + _broken(one, width - 6, 6) for one in does)])


def _panel(rows: list[tuple[str, str]], width: int) -> str:
    """Terms and explanations, side by side or beneath each other."""
    margin = max((width_of(term) for term, _ in rows if width_of(term) <= MAX_TERM), default=6) + 4
    lines = []
    for term, explanation in rows:
        if width < SIDE_BY_SIDE:
            lines.append("  " + _broken(term.strip(), width - 6, 6))
            lines.append("    " + _broken(explanation, width - 4, 4))
            continue
        beside = _broken(explanation, width - margin, margin)
        start = f"  {term}"
        lines.append(
            start.ljust(margin) + beside if width_of(start) + 2 <= margin else f"{start}\n{' ' * margin}{beside}"
        )
    return "\n".join(lines)


def _broken(text: str, width: int, indent: int = 0) -> str:
    """Lines of ``width`` columns, all but the first indented; a choice such as a|b|c may be broken after a bar."""
    words = [
        part for word in text.split(" ") for part in ([word] if width_of(word) <= width else _choices(word, width))
    ]
    return ("\n" + " " * indent).join(wrap_words(words, width)).replace(UNBREAKABLE, " ")


def _choices(word: str, width: int) -> list[str]:
    lines = [""]
    for choice in re.findall(r"[^|]+\|?", word):
        if width_of(lines[-1] + choice) <= width:
            lines[-1] += choice
        else:
            lines.append(choice)
    return lines
