"""Figures as Markdown: on the terminal, and in docs/performance.md where every benchmark has its section."""

import datetime
import re
from dataclasses import dataclass, field

from lab import ROOT, machine

PATH = ROOT / "docs" / "performance.md"

PREAMBLE = """# Performance

What was measured, where, and how to measure it again. `scripts/bench` writes all of this page, `scripts/bench --record
NAME` one section; `scripts/bench --help` lists the benchmarks. Times depend on the machine: compare figures of one run only.
"""


@dataclass
class Result:
    """What a benchmark found. A verdict is (reached, sentence)."""

    title: str
    about: str
    versions: str
    header: list
    rows: list
    verdicts: list = field(default_factory=list)
    notes: list = field(default_factory=list)

    @property
    def reached(self):
        return all(reached for reached, _ in self.verdicts)


def table(header, rows):
    """A Markdown table that is also readable as it stands; all but the first column's figures to the right."""
    cells = [[str(cell) for cell in row] for row in [header, *rows]]
    widths = [max(len(row[i]) for row in cells) for i in range(len(header))]
    right = [all(re.match(r"^[-0-9.,]*( [a-zA-Zµ%/]+)?$", row[i]) for row in cells[1:]) for i in range(len(header))]

    def line(row):
        return "| " + " | ".join(cell.rjust(width) if to_right else cell.ljust(width)
                                 for cell, width, to_right in zip(row, widths, right)) + " |"

    rule = "|" + "|".join("-" * (width + 1) + (":" if to_right else "-") for width, to_right in zip(widths, right)) + "|"
    return "\n".join([line(cells[0]), rule, *map(line, cells[1:])])


def section(result, command, load):
    date = datetime.date.today().isoformat()
    parts = [f"## {result.title}", result.about,
             f"`{command}`, {date}, on {machine()} whose load was {load:.1f} before. {result.versions}.",
             table(result.header, result.rows)]
    if result.verdicts:
        parts.append("\n".join(f"- {'Reached' if reached else '**Missed**'}: {text}" for reached, text in result.verdicts))
    parts += result.notes
    return "\n\n".join(parts) + "\n"


def summary(page):
    """What was reached and missed, by section."""
    lines = []
    for title, body in re.findall(r"^## (.*?)\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL):
        verdicts = re.findall(r"^- (?:Reached|\*\*Missed\*\*): .*$", body, re.MULTILINE)
        lines += [f"\n{title}:\n", *verdicts] if verdicts else []
    return "\n".join(lines).strip("\n") + "\n"


def place(page, name, block):
    begin, end = f"<!-- {name} -->\n", f"<!-- /{name} -->\n"
    former = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
    whole = begin + block + end
    return former.sub(lambda _: whole, page) if former.search(page) else page.rstrip("\n") + "\n\n" + whole


def record(name, text):
    """Puts the text in the place of the benchmark's former section, or at the end."""
    page = place(PATH.read_text() if PATH.exists() else place(PREAMBLE, "summary", ""), name, text)
    PATH.parent.mkdir(exist_ok=True)
    PATH.write_text(place(page, "summary", summary(page)))
