"""Runs benchmarks. Each is a module with HELP, add_arguments(parser) and run(workshop, options) -> Result."""

import argparse
import os
import shlex
import signal
import sys

sys.dont_write_bytecode = True

import burst  # noqa: E402
import engine  # noqa: E402
import fanout  # noqa: E402
import growth  # noqa: E402
import inbound  # noqa: E402
import ingest  # noqa: E402
import latency  # noqa: E402
import rate  # noqa: E402
import report  # noqa: E402
import scale  # noqa: E402
import slow  # noqa: E402
from servers import Workshop  # noqa: E402

# In the order in which all of them are run.
BENCHMARKS = {
    "latency": latency,
    "fanout": fanout,
    "rate": rate,
    "ingest": ingest,
    "inbound": inbound,
    "scale": scale,
    "growth": growth,
    "slow": slow,
    "burst": burst,
    "engine": engine,
}


def parse(arguments):
    parser = argparse.ArgumentParser(prog="scripts/bench", description="Measures Offhook on private servers. "
                                     "Without NAME, all benchmarks in turn, about half an hour, with --record.",
                                     epilog="scripts/bench NAME --help lists a benchmark's own options.")
    parser.add_argument("--record", action="store_true", help="also write the figures into docs/performance.md")
    names = parser.add_subparsers(dest="name", metavar="NAME")
    for name, module in BENCHMARKS.items():
        module.add_arguments(names.add_parser(name, help=module.HELP, description=module.__doc__))
    return parser.parse_args(arguments)


def interrupted(number, frame):
    raise KeyboardInterrupt


def run(arguments, options):
    """The exit status of one benchmark."""
    load = os.getloadavg()[0]
    try:
        with Workshop("offhook-bench-") as workshop:
            result = BENCHMARKS[options.name].run(workshop, options)
    except KeyboardInterrupt:
        return 130
    except (OSError, RuntimeError, TimeoutError, AssertionError) as error:
        print(f"scripts/bench: {error}", file=sys.stderr)
        return 1
    shown = [argument for argument in arguments if argument != "--record"]
    text = report.section(result, shlex.join(["scripts/bench", *shown]), load)
    print(text, end="")
    if options.record:
        # Options may make a benchmark another one, with a section of its own.
        report.record(" ".join(shown), text)
    return 0 if result.reached else 1


def main():
    options = parse(sys.argv[1:])
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupted)
    if options.name:
        return run(sys.argv[1:], options)
    status = 0
    for name in BENCHMARKS:
        print(f"== {name}", flush=True)
        result = run([name], parse(["--record", name]))
        if result == 130:
            return result
        status = status or result
    return status


if __name__ == "__main__":
    sys.exit(main())
