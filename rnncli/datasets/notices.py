"""What was passed over or changed while files were read, told once and not for each file."""

from dataclasses import dataclass, field

from rnncli.names import listed, plural


@dataclass
class Notices:
    """Files and lines by what was noticed in them; a file that is read twice is noticed once."""

    left_out: list[str] = field(default_factory=list)
    """Sentences about files of folders that are not read."""
    byte_order_marks: dict[str, None] = field(default_factory=dict)
    normalised: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Characters before and after."""
    returns_alone: dict[str, None] = field(default_factory=dict)
    """Lines end in CR, as on old Macs."""
    joined_lines: dict[str, None] = field(default_factory=dict)
    """There were line ends within a field."""
    too_long: int = 0
    """Lines that are left out, since a column has more than ``max_length`` characters."""
    first_too_long: str = ""
    max_length: int = 0
    stripped: int = 0
    """Lines whose label had blanks around it."""
    heading: str = ""
    """The first line, if it looks like the names of columns."""

    def sentences(self, form: str) -> list[str]:
        """All of them in words; ``form`` is the normal form."""
        found = list(self.left_out)
        if self.byte_order_marks:
            found.append(f"left out the byte order mark at the start of {listed(list(self.byte_order_marks))}")
        if self.normalised:
            before, after = (sum(column) for column in zip(*self.normalised.values(), strict=True))
            found.append(
                f"normalised {listed(list(self.normalised))} to {form.upper()}, {before:,} characters to {after:,}; "
                "a model trained with --normalize none reads text as it is"
            )
        if self.returns_alone:
            found.append(
                f"{listed(list(self.returns_alone))} is one line, since CR alone, as on old Macs, ends none; "
                r"convert it with tr '\r' '\n'"
            )
        if self.joined_lines:
            found.append(f"read line ends within the fields of {listed(list(self.joined_lines))} as blanks")
        if self.too_long:
            found.append(
                f"left out {plural(self.too_long, 'line')} with more than {self.max_length:,} characters, the first "
                f"{self.first_too_long}; --max-length decides"
            )
        if self.stripped:
            found.append(f"stripped blanks around the labels of {plural(self.stripped, 'line')}")
        if self.heading:
            found.append(f"{self.heading} looks like a heading, and is learnt as a line; remove it if it is one")
        return found
