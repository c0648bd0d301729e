"""How things look: charts, cells and words."""

import io
import re
import shlex
from string import ascii_lowercase

import pytest

from rnncli.names import plural
from rnncli.terminal.cells import cells, colour, mark
from rnncli.terminal.chart import chart
from rnncli.terminal.console import say
from rnncli.terminal.progress import Pace, figures
from rnncli.terminal.screen import screen
from rnncli.terminal.words import (
    count,
    seconds,
    visible,
    visible_line,
    visible_lines,
    visible_value,
    width_of,
    wrapped,
)


def rows(curves: dict[str, list[tuple[float, float]]], width: int = 10, height: int = 4) -> list[str]:
    """The lines of a chart without the labels on the left."""
    return [line[9:] for line in chart(curves, ("blue", "red"), width, height).plain.splitlines()]


def dots(lines: list[str]) -> set[tuple[int, int]]:
    """(column, row) of the braille dots that are set, by the numbering of Unicode 1–8."""
    order = [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3)]
    return {
        (2 * x + dx, 4 * y + dy)
        for y, line in enumerate(lines)
        for x, character in enumerate(line)
        for bit, (dx, dy) in enumerate(order)
        if (ord(character) - 0x2800) >> bit & 1
    }


def test_a_falling_line_is_a_diagonal_of_dots() -> None:
    found = dots(rows({"loss": [(0, 15), (15, 0)]}, width=8, height=4)[:4])
    assert found == {(n, n) for n in range(16)}


def test_a_point_between_is_where_the_polygon_is() -> None:
    found = dots(rows({"loss": [(0, 15), (5, 0), (15, 0)]}, width=8, height=4)[:4])
    assert found == {(n, 3 * n) for n in range(6)} | {(n, 15) for n in range(6, 16)}


def test_the_scale_is_that_of_all_curves_together() -> None:
    text = chart({"a": [(0, 1), (10, 2)], "b": [(5, 4), (20, 3)]}, ("blue", "red"), 30, 5).plain
    lines = text.splitlines()
    assert lines[0].split()[0] == "4.000"
    assert lines[4].split()[0] == "1.000"
    assert lines[5].split() == ["0", "step", "20"]
    assert lines[6].split() == ["⠒⠒⠒⠒⠒", "a", "⠒", "⠒", "⠒", "b"]


@pytest.mark.parametrize("number", [3, 5, 12, 30])
def test_many_curves_differ_without_colour(number: int) -> None:
    """Each has a letter: on its own line where they are apart, at its own columns where all are one, and in the
    legend. There may be more of them than colours."""
    letters = [*ascii_lowercase, *ascii_lowercase][:number]
    apart = {f"curve {n}": [(0.0, float(-n)), (1.0, float(-n))] for n in range(number)}
    lines = chart(apart, ("blue", "red"), 60, number).plain.splitlines()
    assert ["".join({*re.findall("[a-z]", line[9:])}) for line in lines[:number]] == letters
    legend = "\n".join(lines[number + 1 :])
    assert re.findall(r"([a-z])[⠒ ]{2} (curve \d+)", legend) == list(zip(letters, apart, strict=True))
    one = chart({name: [(0.0, 0.0), (1.0, 1.0)] for name in apart}, ("blue", "red"), 60, 8).plain.splitlines()[:8]
    assert {*re.findall("[a-z]", "".join(line[9:] for line in one))} == {*letters}


def test_a_curve_of_one_point_has_its_letter() -> None:
    curves = {"one": [(3.0, 1.0)], "two": [(0.0, 0.0), (9.0, 2.0)], "three": [(9.0, 0.0)]}
    lines = chart(curves, ("blue",), 28, 5).plain.splitlines()[:5]
    assert [line[9:].index("a") for line in lines if "a" in line[9:]] == [9]
    assert [line[9:].index("c") for line in lines if "c" in line[9:]] == [27]


@pytest.mark.parametrize(
    ("loss", "shown"), [("cross-entropy", "loss 0.250 (0.36 bits) · "), ("mse", "squared error 0.2500 · ")]
)
def test_a_squared_error_is_not_shown_in_bits(loss: str, shown: str) -> None:
    pace = Pace(loss)
    pace.loss = 0.25
    assert figures(pace).startswith(shown)
    assert figures(pace, 12).startswith(shown.split(" (")[0].removesuffix(" · "))


def test_curves_differ_without_colour() -> None:
    """Each is dashed in its own way; also on a logarithmic axis."""
    curves = {str(n): [(1.0, float(n)), (100.0, float(n))] for n in range(1, 6)}
    for log_x in (False, True):
        lines = chart(curves, ("red",) * 5, 60, 5, log_x=log_x).plain.splitlines()
        assert len({"".join("-" if dots([cell]) else " " for cell in line[9:]) for line in lines[:5]}) == 5
        assert lines[5].split() == ["1", "step", "100"]


def test_a_logarithmic_axis_gives_each_factor_the_same_room() -> None:
    points = [(1, 0.0), (10, 0.5), (100, 1.0)]
    on_log = chart({"a": points}, ("blue",), 30, 5, log_x=True).plain.splitlines()[:5]
    straight = chart({"a": [(0, 0.0), (1, 1.0)]}, ("blue",), 30, 5).plain.splitlines()[:5]
    assert [line[9:] for line in on_log] == [line[9:] for line in straight]


def test_flat_curves_and_single_points_are_drawn() -> None:
    assert dots(rows({"loss": [(3, 2), (9, 2)]})[:4])
    assert dots(rows({"loss": [(3, 2)]})[:4])


def test_marks_tell_sign_and_size_without_colour() -> None:
    assert "".join(map(mark, (-1, -0.6, -0.3, -0.1, 0, 0.1, 0.3, 0.6, 1))) == "≡=-···+*#"[:3] + "···" + "+*#"
    assert cells([-2, 0, 2]).plain == "≡·#"


def test_the_scale_of_colours_is_fixed_and_symmetric() -> None:
    assert colour(0) == colour(0.05) == colour(-0.05) == ""
    assert colour(5) == colour(1)
    assert colour(-5) == colour(-1)
    assert len({colour(n / 100) for n in range(-100, 101)}) == 15  # seven on each side, and none
    assert [str(span.style) for span in cells([0.5, 0.5]).spans] == [colour(0.5)] * 2  # whatever the others are
    assert str(cells([1, 0.5]).spans[-1].style) == colour(0.5)

    def parts(value: float) -> list[int]:
        code = colour(value).rpartition("#")[2]
        return [int(code[i : i + 2], 16) for i in (0, 2, 4)]

    for n in range(1, 8):
        red, _, blue = parts(n / 7)
        assert red > blue  # orange
        red, _, blue = parts(-n / 7)
        assert blue > red
    assert sum(parts(1)) > sum(parts(0.5)) > sum(parts(0.2))


@pytest.mark.parametrize(
    ("duration", "words"),
    [(0, "0.0 s"), (4.04, "4.0 s"), (12, "12 s"), (59.4, "59 s"), (65, "1 min 05 s"), (125, "2 min 05 s"),
     (3599.6, "1 h 00 min"), (4320, "1 h 12 min"), (90000, "25 h 00 min")],
)  # fmt: skip
def test_durations(duration: float, words: str) -> None:
    assert seconds(duration) == words


def test_sixty_seconds_are_a_minute() -> None:
    assert seconds(59.6) == "1 min 00 s"


def test_numbers() -> None:
    assert count(1234567.4) == "1,234,567"
    assert [plural(n, "layer") for n in (0, 1, 2, 1000)] == ["0 layers", "1 layer", "2 layers", "1,000 layers"]


def test_text_on_one_line() -> None:
    shown = visible("a b\n\t\r\0\x1b[1m\u200b漢é")
    assert shown == "a·b↵→␍\\x00\\x1b[1m\\u200b漢é"


@pytest.mark.parametrize("text", ["l\xa0»", "日\u3000本", "می\u200cخواهم", "👩\u200d🚀", "e\u0301", "\ue0b0"])
def test_what_a_terminal_shows_is_printed(text: str) -> None:
    assert visible_line(text) == visible_lines(text) == text


@pytest.mark.parametrize("character", ["\0", "\x1b", "\x7f", "\x85", "\x9b", "\udc80", "\u2028", "\u202e", "\u2066"])
def test_what_steers_a_terminal_is_escaped(character: str) -> None:
    """The last two turn the order of a line round."""
    expected = "a" + character.encode("unicode_escape", "surrogatepass").decode() + "b"
    assert visible_line(f"a{character}b") == visible_lines(f"a{character}b") == visible(f"a{character}b") == expected


def test_a_value_that_stands_alone_can_be_seen() -> None:
    values = {
        " ": "·",
        "\xa0": "\\xa0",
        "\u3000": "\\u3000",
        "\u200d": "\\u200d",
        "New York": "New York",
        "a\u200cb": "a\u200cb",
    }
    assert {value: visible_value(value) for value in values} == values
    assert visible_value("  he re \n") == "··he re ↵"
    assert visible_value(", ") == ",·"


WORDS = "saved plays.npz after 791 steps; set it with --time 3m, --epochs or --steps 漢字 漢字  漢字漢字, 0.4321 nats"


@pytest.mark.parametrize("width", [*range(12, 60), 200])
def test_a_message_is_broken_at_blanks_alone(width: int) -> None:
    lines = wrapped(f"length   {WORDS}", width).split("\n")
    assert " ".join(line.strip() for line in lines).split() == ["length", *WORDS.split()]
    assert max(map(width_of, lines)) <= max(width, 9 + len("plays.npz"))
    assert (len(lines) == 1) == (width == 200)
    assert all(line.startswith(" " * 9) for line in lines[1:]) or width < 18


def test_a_command_that_is_broken_can_still_be_typed() -> None:
    words = ["rnncli", "train", "it's a text.txt", "--hidden-size", "96", "-o", "o t.npz"]
    for width in range(12, 90):
        broken = wrapped(f"try:  {shlex.join(words)}", width).removeprefix("try:")
        assert shlex.split(broken.replace("\\\n", "")) == words


def test_nothing_is_broken_in_a_pipe(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    say(WORDS)
    assert capsys.readouterr().err == WORDS + "\n"


def test_a_terminal_gets_messages_that_are_broken_at_blanks(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    stream = Terminal()
    monkeypatch.setattr("sys.stderr", stream)
    monkeypatch.setenv("COLUMNS", "20")
    say(WORDS)
    lines = stream.getvalue().splitlines()
    assert len(lines) > 1
    assert max(map(len, lines)) <= 20
    assert " ".join(" ".join(lines).split()) == " ".join(WORDS.split())


def test_text_is_never_markup() -> None:
    stream = io.StringIO()
    screen(stream).print("[bold]x[/bold] :smile: 123")
    assert stream.getvalue() == "[bold]x[/bold] :smile: 123\n"


def test_colours_are_for_terminals(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    def drawn(**env: str) -> str:
        with monkeypatch.context() as changed:
            for name, value in {"TERM": "xterm-256color", **env}.items():
                changed.setenv(name, value)
            stream = Terminal()
            screen(stream).print(cells([1, -1]))
        return stream.getvalue()

    assert "\x1b[" in drawn()
    assert drawn(TERM="dumb") == "#≡\n"
    assert "38;5" not in drawn(NO_COLOR="1")
    assert "48;5" not in drawn(NO_COLOR="1")
