"""Write a set of pairs, two columns with a tab between them, for one of the tasks that learn from such lines.

python data/make_pairs.py dates > data/dates.tsv        a date as people write it, and as ISO 8601 does
python data/make_pairs.py blanks > data/blanks.tsv      words run together, and where the blanks were
python data/make_pairs.py reviews > data/reviews.tsv    good or bad, and a short review
python data/make_pairs.py names > data/names.tsv        an invented language, and a name in it
"""

import argparse
import sys
from collections.abc import Callable
from datetime import date, timedelta
from random import Random

from make_structure import sentence

MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
FIRST, LAST = date(1950, 1, 1), date(2049, 12, 31)

ORDINALS = {1: "st", 2: "nd", 3: "rd", 21: "st", 22: "nd", 23: "rd", 31: "st"}

PRAISE = ("good", "warm", "tasty", "friendly", "clean", "quick", "lovely", "fresh")
BLAME = ("bad", "cold", "bland", "rude", "dirty", "slow", "dreadful", "stale")
THINGS = ("soup", "bread", "room", "waiter", "music", "coffee", "garden", "bill", "table", "cake")
TURNS = ("not", "hardly", "never")
WEIGHTS = ("very", "quite", "rather", "really")


def dates(rng: Random) -> str:
    """Any day of a hundred years in one of eighteen ways. Numbers alone go from the day to the year or back, and two
    digits of a year are of 1950 … 2049."""
    day = FIRST + timedelta(days=rng.randrange((LAST - FIRST).days + 1))
    d, month, year, weekday = day.day, MONTHS[day.month - 1], day.year, DAYS[day.weekday()]
    nth, m, short = f"{d}{ORDINALS.get(d, 'th')}", day.month, f"{year % 100:02d}"
    written = (
        f"{d} {month} {year}",
        f"{nth} {month} {year}",
        f"{month} {d}, {year}",
        f"{month} {nth}, {year}",
        f"{month[:3]} {d}, {year}",
        f"{d} {month[:3]} {year}",
        f"{d} {month[:3]} '{short}",
        f"{weekday}, {d} {month} {year}",
        f"{weekday[:3]} {d} {month[:3]} {year}",
        f"{weekday}, {month} {d}, {year}",
        f"the {nth} of {month} {year}",
        f"{weekday} the {nth} of {month} {year}",
        f"{d}.{m}.{year}",
        f"{d:02d}.{m:02d}.{short}",
        f"{d}/{m}/{year}",
        f"{d:02d}-{month[:3].upper()}-{year}",
        f"{year}/{m:02d}/{d:02d}",
        f"{year} {month} {d}",
    )
    return f"{rng.choice(written)}\t{day.isoformat()}"


def blanks(rng: Random) -> str:
    """Some sentences without their blanks; the tag _ stands where one followed, - elsewhere."""
    words = ". ".join(sentence(rng) for _ in range(rng.randint(1, 3))).split(" ")
    tags = ["-" * (len(word) - 1) + "_" for word in words]
    return "".join(words) + "\t" + "".join(tags)[:-1] + "-"


def opinion(rng: Random, is_good: bool) -> str:
    """A clause that praises or blames, sometimes by denying the opposite."""
    denied = rng.random() < 0.4
    word = rng.choice(PRAISE if is_good != denied else BLAME)
    weight = f"{rng.choice(WEIGHTS)} " if rng.random() < 0.4 else ""
    return f"the {rng.choice(THINGS)} was {f'{rng.choice(TURNS)} ' if denied else ''}{weight}{word}"


def reviews(rng: Random) -> str:
    """Two clauses: the one after "but" outweighs the other, and without a "but" they agree."""
    is_good = rng.random() < 0.5
    if rng.random() < 0.5:
        text = f"{opinion(rng, not is_good)} but {opinion(rng, is_good)}"
    else:
        text = f"{opinion(rng, is_good)} and {opinion(rng, is_good)}"
    return f"{'good' if is_good else 'bad'}\t{text}"


# Of each language: what a syllable begins with, its vowels, what it may end with, and how a name ends.
LANGUAGES = {
    "Hill": (("br", "gr", "k", "d", "t"), ("a", "o"), ("k", "rg", "n", ""), ("ak", "org", "ud")),
    "Lake": (("l", "m", "n", "w"), ("a", "u", "ua"), ("", "", "l", "n"), ("una", "olu", "am")),
    "Reed": (("s", "v", "f", "sh"), ("i", "e", "ei"), ("", "", "s"), ("is", "eth", "ivi")),
    "Sand": (("z", "j", "r", "h", "q"), ("a", "i", "ai"), ("", "z", "r", "dd"), ("ir", "azah", "iq")),
    "Wood": (("p", "b", "t", "y"), ("o", "e", "oe"), ("", "p", "lt", "m"), ("ope", "elm", "oyo")),
}


def names(rng: Random) -> str:
    """A name of one to three syllables and an ending, in the manner of its language."""
    language = rng.choice(list(LANGUAGES))
    begin, vowel, end, last = LANGUAGES[language]
    syllables = [rng.choice(begin) + rng.choice(vowel) + rng.choice(end) for _ in range(rng.randint(1, 2))]
    return f"{language}\t{(''.join(syllables) + rng.choice(begin) + rng.choice(last)).capitalize()}"


SETS: dict[str, tuple[Callable[[Random], str], int]] = {
    "dates": (dates, 12_000),
    "blanks": (blanks, 2_000),
    "reviews": (reviews, 3_000),
    "names": (names, 2_000),
}


def main() -> None:
    """Read the command line and write the lines."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("set", choices=SETS)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--lines", type=int, help="the default gives the file in data/")
    arguments = parser.parse_args()
    make, lines = SETS[arguments.set]
    sys.stdout.reconfigure(newline="\n")  # on every platform
    rng = Random(f"{arguments.set} {arguments.seed}")
    for _ in range(arguments.lines or lines):
        sys.stdout.write(make(rng) + "\n")


if __name__ == "__main__":
    main()
