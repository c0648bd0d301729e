"""The features of real kinds of text: prose in wrapped lines, plays, code, Korean, each labelled by hand.

Below each line of text stand its labels: ``^`` or ``.`` for yes or no, else a digit, and ``.`` for 0. The label beyond
the last character is that of the line end.
"""

import pytest

from rnncli.inspection.features.built_in import FEATURES, feature

TEXTS = {
    "inside quotes": [
        [  # quotes go over the end of a line, and end with the paragraph
            'She said "the',
            "..........^^^^",
            'fox" twice.',
            "^^^.........",
            "",
            ".",
            '"No end',
            ".^^^^^^^",
            "",
            ".",
            'It "was."',
            "....^^^^.",
        ],
        [  # a paragraph's end may hold blanks; a stray mark behind a stop or an inch opens nothing
            '"Yes',
            ".^^^^",
            "  ",
            "^^.",
            'no." Six 6" nails.',
            "..................",
        ],
        [  # within other quotes the marks count as text
            "\"He cried 'Go!' and ran,\" I said.",
            ".^^^^^^^^^^^^^^^^^^^^^^^.........",
        ],
        [  # a British novel: an apostrophe is no end, a stop before the mark none either
            "'I don't,' he said, 'know",
            ".^^^^^.^^............^^^^^",
            "the man.' The dogs' bone.",
            "^^^^^^^^.................",
        ],
        [  # a play: clipped words
            "CASCA:",
            ".......",
            "'Tis said he cried 'Alas, good soul!' thrice,",
            "....................^^^^^^^^^^^^^^^^..........",
            "i' the dark o' th' year '98, and hang 'em all.",
            "..............................................",
        ],
        [  # a word that begins like a clipped one is told from it at the letter that differs
            "'Thou art.'",
            "..^^^^^^^^.",
        ],
        [
            "“It’s ‘so’,” he",
            ".^^^^^^^^^^.....",
            "„So“, »ja« «oui»",
            ".^^....^^...^^^.",
        ],
        [
            "그는 '안녕'이라고 \"네\"라고 「책」을 ‘꿈’이",
            "....^^......^.....^....^..",
        ],
        [  # what is in a string or a comment ends with it
            r"""x = r'a"b' + "it's" + '\'' # a "b""",
            "......^^^.....^^^^.....^^.......^^",
            r"""y = f(' ', '', '-', "\n") + ''""",
            ".......^........^....^^.......",
        ],
        [  # triple quotes go over blank lines
            '    """Say',
            ".......^^^^",
            "",
            "^",
            '    "it", don\'t."""',
            "^^^^^^^^^^^^^^^^^^..",
            "    x = '''a''' + \"\"",
            "...........^^^......",
        ],
        [  # and where one was lost, they end with what was indented
            '    """',
            ".......^",
            "    x",
            "^^^^^^",
            "def f():",
            "........",
        ],
        [
            '{"a":"-","b":["","+"]}',
            "..^...^...^.......^...",
        ],
    ],
    "inside brackets": [
        [  # prose: an open bracket ends with the paragraph
            "She (or",
            "....^^^^",
            "he) ran (far.",
            "^^......^^^^^^",
            "",
            "^",
            "So.",
            "...",
        ],
        [
            "[_Exit._] a) b: {see} <i>",
            "^^^^^^^^........^^^^.....",
        ],
        [  # a smiley is no bracket
            "(so :) yes) :( x",
            "^^^^^^^^^^......",
        ],
        [  # a line that is indented less than the bracket's own ends it
            "  f(a",
            "...^^^",
            "  b",
            "^^^^",
            "c",
            ".",
        ],
        [
            "（가）나【다】",
            "^^..^^.",
        ],
    ],
    "bracket depth": [
        [  # in a string or a comment a bracket counts until that ends
            """f("(", ')')  # (a""",
            ".112111111.....111",
            "  # b) c)",
            "11111.....",
            "g(x)",
            ".11.",
        ],
        [  # over a blank line it needs lines that are indented more, or its partner
            "f {",
            "..11",
            "  g(",
            "11122",
            "",
            "2",
            "    a)",
            "2222211",
            "",
            "1",
            "}",
            ".",
        ],
        [
            "([{a]) } (]",
            "12331....11",
        ],
    ],
    "indentation": [
        [
            "  if a:  b",
            "1222222222.",
            "\tc ",
            "888.",
            "  \td",
            "1288.",
            "\u00a0e",
            "..",
        ],
    ],
    "position in line": [
        [
            "First:",
            "123456.",
            "",
            ".",
            "안녕",
            "12",
        ],
    ],
    "position in word": [
        [
            "I don't, dogs' x_2 cafe\u0301",
            "1.123.5..1234..123.12345",
        ],
        [
            "well-known, 안녕하세요 'a' l'été",
            "1234.12345..12345..1..1.345",
        ],
    ],
    "word begins": [
        [
            "I don't, dogs' x_2 né",
            "^.^......^.....^...^..",
            "self.a1('bc')안녕 세계",
            "^....^...^...^..^.",
        ],
    ],
    "position in sentence": [
        [  # wrapped lines go on, a blank line does not
            "Go on",
            "123456",
            "x. A",
            "7.123",
            "",
            ".",
            "B",
            "1",
        ],
        [
            '"Go!" he. So?! ("Y.") Z',
            "123..178.123..1234...12",
        ],
        [
            "3.1 e. g",
            "1.345.189",
            "",
            ".",
            "a... 네. 다",
            "1...12.12",
        ],
        [
            "そう。うん！」と",
            "12.12..1",
        ],
    ],
    "run of a character": [
        [
            "aab  ",
            "121121",
            "",
            "2",
            "aA...",
            "11123",
        ],
    ],
    "line begins": [
        [
            "To be",
            "^.....",
            "",
            "^",
            "  x",
            "^..",
        ],
    ],
    "space": [
        [
            "a b\t ",
            ".^.^^^",
            "가\u3000나\u00a0",
            ".^.^",
        ],
    ],
    "punctuation": [
        [
            "“Ay,” he—1+x_y '가'。e\u0301",
            "^..^^...^.^.^..^.^^..",
        ],
    ],
    "upper case": [
        [
            "KING É x Σσ가",
            "^^^^.^...^..",
        ],
    ],
    "digit": [
        [
            "x1 = ٣ or 12²½",
            ".^...^....^^^.",
        ],
    ],
    "vowel": [
        [
            "An été, yew ÆØ über",
            "^..^.^...^..^^.^.^..",
            "가ㅏ 이й её αβ e\u0301",
            ".^....^^.^..^.",
        ],
    ],
}


def text_of(rows: list[str]) -> tuple[str, str]:
    """The text, and its labels."""
    text = "".join(line + "\n" * (len(labels) - len(line)) for line, labels in zip(rows[::2], rows[1::2], strict=True))
    return text, "".join(rows[1::2])


@pytest.mark.parametrize(("name", "rows"), [(name, rows) for name, texts in TEXTS.items() for rows in texts])
def test_labels_are_those_given_by_hand(name: str, rows: list[str]) -> None:
    text, expected = text_of(rows)
    assert len(text) == len(expected)
    labels = {0: ".", 1: "^"} if "^" in expected else {n: f"{n or '.'}" for n in range(10)}
    assert "".join(labels[value] for value in feature(name, text)) == expected


@pytest.mark.parametrize("name", FEATURES)
def test_what_comes_later_is_not_known(name: str) -> None:
    """A feature says something of the text up to and including a character: what follows does not change it."""
    for rows in [rows for texts in TEXTS.values() for rows in texts]:
        text, _ = text_of(rows)
        whole = feature(name, text).tolist()
        for stop in range(1, len(text)):
            assert feature(name, text[:stop]).tolist() == whole[:stop]


def test_every_feature_is_tried() -> None:
    assert TEXTS.keys() == FEATURES.keys()
