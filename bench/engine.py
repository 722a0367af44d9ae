"""What it costs the engine, in CPU time, to apply what clients say and to derive presence from it."""

import json
import subprocess

from lab import note, program, versions
from report import Result

HELP = "CPU time of changes, start and timers with many people and devices"
MOST_MICROSECONDS, MOST_SECONDS = 5, 1  # a change; a start
REPEATS = 3  # of which the quickest counts: it is CPU time, and what else runs only adds to it

CHANGES = {
    "show": "another show",
    "text": "another text",
    "name": "a text that names a status",
    "idle": "idle since another time",
    "same": "nothing new",
}


def add_arguments(parser):
    parser.add_argument("--people", type=int, default=100000, help="the most (default: %(default)s)")


def measure(people):
    note(f"{people} people")
    runs = [json.loads(subprocess.run([program("engine"), str(people)], capture_output=True, text=True, check=True).stdout)
            for _ in range(REPEATS)]
    return {key: min(run[key] for run in runs) for key in runs[0]}


def run(workshop, options):
    sizes = [size for size in (1000, 10000) if size < options.people] + [options.people]
    figures = [measure(size) for size in sizes]
    most, fewest = figures[-1], figures[0]
    worst = max(most[kind] for kind in CHANGES)
    rows = [[f"a change: {label}, µs", *(f"{size[kind]:.2f}" for size in figures)] for kind, label in CHANGES.items()]
    rows += [["an idle timer that fires, µs", *(f"{size['fire']:.2f}" for size in figures)],
             ["timers pending then", *(size["pending"] for size in figures)],
             ["start: all derived, ms", *(f"{size['start'] * 1e3:.1f}" for size in figures)],
             ["all answers to probes, ms", *(f"{size['hear'] * 1e3:.1f}" for size in figures)],
             ["all derived again with their devices, ms", *(f"{size['derive_all'] * 1e3:.1f}" for size in figures)],
             ["a status gets another name, ms", *(f"{size['rename'] * 1e3:.1f}" for size in figures)]]
    return Result(
        title="Engine: devices",
        about="CPU time of the engine alone. Everybody has an account with an active feed, an extension and two devices; "
              "changes go to people in an order that is not that of memory; effects are drained. The quickest of "
              f"{REPEATS} runs.",
        versions=versions(),
        header=["", *(f"{size} people" for size in sizes)],
        rows=rows,
        verdicts=[
            (worst < MOST_MICROSECONDS, f"a change costs at most {worst:.2f} µs (bound {MOST_MICROSECONDS})"),
            (most["start"] < MOST_SECONDS, f"everybody is derived at start in {most['start']:.3f} s (bound {MOST_SECONDS})"),
            (most["pending"] >= most["people"], f"{most['pending']} idle timers pending"),
        ],
        notes=[f"Among {most['people']} people another show costs {most['show'] / fewest['show']:.1f} times what it costs among "
               f"{fewest['people']}, and another text {most['text'] / fewest['text']:.1f} times: nothing is searched or walked, "
               "but the people of a large tenant do not fit into the processor's caches."],
    )
