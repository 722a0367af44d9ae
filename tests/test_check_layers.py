"""The layer check must find what it is there for."""

import pathlib

import pytest

from check_layers import Check

GUARDED = "#ifndef OFFHOOK_{0}_{1}_H\n#define OFFHOOK_{0}_{1}_H\n{2}\n#endif\n"


@pytest.fixture
def tree(tmp_path):
    def write(path, text):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)

    for layer in ("base", "core", "store", "xmpp", "app"):
        write(f"include/{layer}/thing.h", GUARDED.format(layer.upper(), "THING", ""))
    write.root = tmp_path
    write.problems = lambda: Check(tmp_path).run()
    return write


def test_a_layer_may_include_what_stands_above_it(tree):
    tree("src/store/thing.c", '#include <libpq-fe.h>\n#include "base/thing.h"\n#include "core/thing.h"\n')
    tree("src/main.c", '#include "app/thing.h"\n#include "xmpp/thing.h"\n')
    assert tree.problems() == []


@pytest.mark.parametrize("path, text, complaint", [
    ("src/base/x.c", '#include "core/thing.h"\n', "base must not include"),
    ("src/core/x.c", '#include "store/thing.h"\n', "core must not include"),
    ("src/xmpp/x.c", '#include "store/thing.h"\n', "xmpp must not include"),
    ("src/xmpp/commands/x.c", '\n#include "app/thing.h"\n', "x.c:2: the layer xmpp must not include"),
    ("src/core/x.c", "#include <event2/event.h>\n", "not for the layer core"),
    ("src/core/x.c", "#include <libpq-fe.h>\n", "not for the layer core"),
    ("src/core/x.c", "#include <strophe.h>\n", "not for the layer core"),
    ("src/http/x.c", "#include <expat.h>\n", "not for the layer http"),
    ("src/core/x.c", "int f(void) { return (int)time(NULL); }\n", "must not call time()"),
    ("src/core/x.c", "long f(void) { return clock_now(); }\n", "must not call clock_now()"),
    ("src/core/x.c", '#include "thing.h"\n', 'as "layer/noun.h"'),
    ("src/core/x.c", '#include "core/nothing.h"\n', "there is no include/core/nothing.h"),
    ("src/helpers/x.c", "\n", "no layer helpers"),
    ("src/x.c", "\n", "belongs in the folder of a layer"),
    ("include/core/noun.h", "#ifndef NOUN_H\n#define NOUN_H\n#endif\n", "OFFHOOK_CORE_NOUN_H"),
])
def test_what_must_not_be_is_found(tree, path, text, complaint):
    tree(path, text)
    assert len(tree.problems()) == 1
    assert complaint in tree.problems()[0]


def test_a_header_cannot_smuggle_a_layer_in(tree):
    tree("include/base/bridge.h", GUARDED.format("BASE", "BRIDGE", "#include <event2/event.h>"))
    tree("src/core/x.c", '#include "base/bridge.h"\n')
    assert tree.problems() == ["src/core/x.c:1: <event2/event.h> is not for the layer core (through base/bridge.h)"]


def test_comments_and_strings_do_not_count(tree):
    tree("src/core/x.c", '/* #include <strophe.h> */\n// time(NULL)\nconst char *x = "time()";\n')
    assert tree.problems() == []


def test_the_project_itself_keeps_its_layers():
    assert Check(pathlib.Path(__file__).resolve().parents[1]).run() == []
