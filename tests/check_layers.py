#!/usr/bin/python3
"""Fails when a layer includes one that it must not, or a library that is not its business.

base <- core <- {store, xmpp, pbx, http} <- app, never sideways; core is pure: no socket, no clock, no
SQL, no XML. Headers count like sources, and what a header pulls in counts for whoever includes it.
"""

import functools
import pathlib
import re
import sys

MAY_INCLUDE = {
    "base": {"base"},
    "core": {"base", "core"},
    "store": {"base", "core", "store"},
    "xmpp": {"base", "core", "xmpp"},
    "pbx": {"base", "core", "pbx"},
    "http": {"base", "core", "http"},
    "app": {"base", "core", "store", "xmpp", "pbx", "http", "app"},
}

# Libraries that belong to certain layers; a header not named here may be included anywhere.
LIBRARIES = [
    (r"libpq|postgres|pg_", {"store"}),
    (r"strophe\.h", {"xmpp"}),
    (r"expat", {"xmpp", "pbx"}),
    (r"evhttp|event2/http", {"http"}),
    (r"event2/|event\.h", {"base", "store", "xmpp", "pbx", "http", "app"}),
    (r"unicode/|uni(str|conv|case|gbrk|norm|ctype|types|name|width|wbrk|stdio)\.h$|stringprep|idna", {"base"}),
    (r"toml", {"base"}),
    (r"openssl/", {"base", "http"}),
    (r"time\.h|sys/time\.h|pthread", {"base", "store", "xmpp", "pbx", "http", "app"}),
    (r"sys/socket|netinet|arpa/|netdb|poll\.h|sys/epoll|sys/un\.h",
     {"base", "store", "xmpp", "pbx", "http", "app"}),
]

# Base headers that would bring a loop or a clock into the engine, and calls that read one. CLOCK_TEXT and
# the like are conversions and stay allowed.
NOT_IN_CORE = {"base/loop.h", "base/config.h"}
CLOCK_CALL = re.compile(r"(?<![\w.>])(time|gettimeofday|clock_gettime|clock_now|clock_monotonic|localtime|gmtime|"
                        r"localtime_r|gmtime_r|rand|random|getenv)\s*\(")

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.MULTILINE)


def without_comments(text):
    keep_lines = lambda match: "\n" * match.group(0).count("\n")  # noqa: E731
    text = re.sub(r"/\*.*?\*/", keep_lines, text, flags=re.DOTALL)
    return re.sub(r"//[^\n]*", "", text)


def without_strings(text):
    return re.sub(r'"(\\.|[^"\\\n])*"', '""', text)


@functools.cache
def direct_includes(path):
    return INCLUDE.findall(without_comments(path.read_text()))


class Check:
    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.problems = []
        self.seen = 0

    def problem(self, path, text, position, reason):
        line = text.count("\n", 0, position) + 1
        self.problems.append(f"{path.relative_to(self.root)}:{line}: {reason}")

    def includes_of(self, header, chain=()):
        """Everything a header of ours includes, through other headers of ours."""
        path = self.root / "include" / header
        if header in chain or not path.exists():
            return
        for kind, name in direct_includes(path):
            yield kind, name, (*chain, header)
            if kind == '"':
                yield from self.includes_of(name, (*chain, header))

    def file(self, path, layer):
        self.seen += 1
        text = without_comments(path.read_text())
        for match in INCLUDE.finditer(text):
            kind, name = match.groups()
            self.include(path, text, match.start(), layer, kind, name, ())
            if kind == '"':
                for inner_kind, inner, chain in self.includes_of(name):
                    self.include(path, text, match.start(), layer, inner_kind, inner, chain)
        if layer == "core":
            for match in CLOCK_CALL.finditer(without_strings(text)):
                self.problem(path, without_strings(text), match.start(), f"core is pure and must not call {match.group(1)}()")

    def include(self, path, text, position, layer, kind, name, chain):
        through = f" (through {' > '.join(chain)})" if chain else ""
        if kind == "<":
            for pattern, layers in LIBRARIES:
                if re.match(pattern, name) and layer not in layers and not self.hidden(pattern, chain):
                    self.problem(path, text, position, f"<{name}> is not for the layer {layer}{through}")
                    break
            return
        if "/" not in name:
            if not chain:
                self.problem(path, text, position, f'"{name}" must be included as "layer/noun.h"')
            return
        other = name.split("/")[0]
        if other not in MAY_INCLUDE[layer]:
            self.problem(path, text, position, f'the layer {layer} must not include "{name}"{through}')
        elif layer == "core" and name in NOT_IN_CORE:
            self.problem(path, text, position, f'core is pure and must not include "{name}"{through}')
        elif not (self.root / "include" / name).exists():
            self.problem(path, text, position, f'there is no include/{name}')

    def hidden(self, pattern, chain):
        """A library that a base header exposes on purpose (jansson, libevent's base) is base's business,
        except where the engine would get a loop."""
        return bool(chain) and chain[-1].startswith("base/") and "event2" not in pattern

    def guard(self, path, layer):
        wanted = f"OFFHOOK_{layer}_{path.stem}_H".upper().replace("-", "_")
        if layer != path.parent.name:
            wanted = f"OFFHOOK_{layer}_{path.parent.name}_{path.stem}_H".upper().replace("-", "_")
        if f"#ifndef {wanted}\n#define {wanted}\n" not in path.read_text():
            self.problem(path, "", 0, f"the include guard must be {wanted}")

    def run(self):
        for top in ("include", "src"):
            for path in sorted((self.root / top).rglob("*")):
                if path.suffix not in (".c", ".cpp", ".h"):
                    continue
                parts = path.relative_to(self.root / top).parts
                if len(parts) == 1:
                    if parts[0] != "main.c":
                        self.problem(path, "", 0, "belongs in the folder of a layer")
                        continue
                    self.file(path, "app")
                    continue
                layer = parts[0]
                if layer not in MAY_INCLUDE:
                    self.problem(path, "", 0, f"there is no layer {layer}")
                    continue
                self.file(path, layer)
                if top == "include":
                    self.guard(path, layer)
        return self.problems


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parents[1]
    check = Check(root)
    for problem in check.run():
        print(problem)
    if check.problems:
        return 1
    if not check.seen:
        print(f"no source files below {root}")
        return 1
    print(f"layers: {check.seen} files, each includes only what stands above it")
    return 0


if __name__ == "__main__":
    sys.exit(main())
