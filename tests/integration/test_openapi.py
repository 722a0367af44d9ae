"""docs/openapi.yaml against the running program: every route, its requests and its answers."""

import asyncio
import copy
import hashlib
import hmac
import json
import re

import jsonschema
import pytest
import yaml

from listener import Listener
from servers import ROOT, wait_until
from test_store_faults import alone  # noqa: F401 (a fixture)

OPENAPI = yaml.safe_load((ROOT / "docs" / "openapi.yaml").read_text())
RESOLVER = jsonschema.RefResolver.from_schema(OPENAPI)
PROBLEM = {"$ref": "#/components/schemas/Problem"}
METHODS = ("get", "put", "post", "delete")
OPERATIONS = {operation["operationId"]: (method, path, operation)
              for path, item in OPENAPI["paths"].items() for method, operation in item.items() if method in METHODS}
FORMATS = jsonschema.FormatChecker(formats=())
FORMATS.checks("date-time")(
    lambda value: not isinstance(value, str) or re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)", value) is not None)

CHOICES = [
    {"status": "lunch-break"}, {"status": "lunch-break", "message": "soup", "expires": "1h"},
    {"status": "dnd", "message": None, "expires": None}, {"status": "available"},
    {}, [], "dnd", {"status": 5}, {"status": "dnd", "message": 7}, {"status": "dnd", "messages": "x"},
    {"status": "dnd", "message": "x" * 141}, {"status": "dnd", "expires": 30},
]
EVENT = {"event": "answered", "call": "c1", "extension": "1001"}
LEG = {"call": "c1", "extension": "1001", "state": "active"}
AT = "2026-11-22T10:00:00Z"
# What is sent as the body of each operation that takes one: the schema and the program must agree on all of it.
BODIES = {
    "postEvents": [
        EVENT, [EVENT], [], [dict(EVENT, event=event) for event in ("ringing", "held", "resumed", "ended")],
        dict(EVENT, leg="1", direction="inbound", kind="meeting", at=AT, id="e1"),
        dict(EVENT, leg=None, direction=None, kind=None, at=None, id=None), dict(EVENT, extension="4711"),
        dict(EVENT, event="dialled"), dict(EVENT, call=""), dict(EVENT, call=7), dict(EVENT, extension=None),
        dict(EVENT, leg=""), dict(EVENT, direction="sideways"), dict(EVENT, kind="fax"), dict(EVENT, at="yesterday"),
        dict(EVENT, id=""), dict(EVENT, more=1), {"event": "answered"}, "answered", [EVENT, {}], None],
    "postNativeEvents": [
        {"type": 30008, "sn": "1", "msg": '{"extension":"2002","status":"Ringing"}'}, {"type": 1, "sn": "1", "msg": "{}"},
        [], "ringing"],
    "putCalls": [
        {"at": AT, "calls": []}, {"at": AT, "calls": [LEG]},
        {"at": AT, "calls": [dict(LEG, leg="1", state="held", direction="outbound", kind="call", since=AT)]},
        {"at": AT, "calls": [dict(LEG, leg=None, direction=None, kind=None, since=None)]},
        {"calls": []}, {"at": AT}, {"at": "now", "calls": []}, {"at": AT, "calls": {}},
        {"at": AT, "calls": [dict(LEG, state="ended")]}, {"at": AT, "calls": [{"call": "c1"}]},
        {"at": AT, "calls": [dict(LEG, more=1)]}, {"at": AT, "calls": [], "more": 1}, []],
    "putRegistration": [{"registered": True}, {"registered": False}, {}, {"registered": 1}, {"registered": None},
                        {"registered": True, "more": 1}, []],
    "putExtensionStatus": CHOICES,
    "putStatus": CHOICES,
    "putMessage": [{"message": "room 4"}, {"message": "room 4", "expires": "today"}, {"message": ""}, {"message": "x" * 140},
                   {}, {"message": 4}, {"message": "x" * 141}, {"message": "x", "more": 1}, []],
}
QUERIES = {
    "listPeople": (["", "limit=1", "status=available&q=bob", "cursor=alice"], ["limit=0", "limit=x", "page=2", "cursor=%2F"]),
    "listStatuses": (["", "limit=2", "cursor=dnd"], ["limit=101", "cursor=nonsense", "q=x"]),
    "listen": ([], ["since=1"]),
}


def deref(node):
    return RESOLVER.resolve(node["$ref"])[1] if "$ref" in node else node


def errors(value, schema):
    return [error.message for error in
            jsonschema.Draft202012Validator(schema, resolver=RESOLVER, format_checker=FORMATS).iter_errors(value)]


def check(value, schema):
    """Of that schema, and without a member that is not described."""
    found = errors(value, {"allOf": [schema], "unevaluatedProperties": False})
    assert not found, (found, value)


class Api:
    """Makes requests, and holds every answer against the description of its operation."""

    def __init__(self, offhook):
        self.offhook = offhook
        self.answers = {}  # operation: statuses seen

    def ask(self, name, body=None, query="", token="", raw=None, **parts):
        method, path, operation = OPERATIONS[name]
        values = {"pbx": "hq", "ext": "1001", "contact": "bob", "format": "yeastar", **parts}
        path = re.sub(r"{(\w+)}", lambda part: values[part[1]], path) + (f"?{query}" if query else "")
        takes_body = "requestBody" in operation
        if token == "":
            token = self.offhook.token if "/pbx/" in path else self.offhook.writer_token
        if path == "/metrics" and token:
            token = self.offhook.reader_token
        answer = self.offhook.request(method.upper(), path, token=token, **(raw or {"body": body} if takes_body else {}))
        self.check(name, answer)
        return answer

    def check(self, name, answer):
        responses = OPERATIONS[name][2]["responses"]
        self.answers.setdefault(name, set()).add(answer.status)
        if str(answer.status) in responses:
            response = deref(responses[str(answer.status)])
        else:
            response = deref(responses["default"])
            assert answer.status in response["x-statuses"], (name, answer)
        media = answer.headers["Content-Type"].split(";")[0]
        assert list(response["content"]) == [media], (name, answer)
        for header, description in response.get("headers", {}).items():
            schema = deref(description).get("schema")
            if header in answer.headers or str(answer.status) in responses:
                value = answer.headers[header]
                assert not errors(int(value) if schema.get("type") == "integer" else value, schema), (name, header, value)
        schema = response["content"][media]["schema"]
        if media == "text/plain":
            return
        check(answer.json, schema)
        if "items" in schema.get("properties", {}):
            for item in answer.json["items"]:
                check(item, schema["properties"]["items"]["items"])


@pytest.fixture
def api(alone, tmp_path):  # noqa: F811
    people = tmp_path / "people.csv"
    people.write_text("contact,jid,name,extensions,time_zone\nbob,bob@example.test,Bob,hq:1001,UTC\nalice,,,hq:1002,\n")
    done = alone.offhook.run("--config", alone.offhook.config_path, "--import-people", people)
    assert done.returncode == 0, done
    wait_until("bob is there", lambda: alone.offhook.request(
        "GET", "/v1/people/bob/presence", token=alone.offhook.reader_token).status == 200)
    return Api(alone.offhook)


def test_the_document_is_sound():
    assert OPENAPI["openapi"].startswith("3.1.")
    names = [operation.get("operationId") for item in OPENAPI["paths"].values() for method, operation in item.items()
             if method in METHODS]
    assert len(names) == len(set(names)) and None not in names
    for schema in OPENAPI["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)
    text = str(OPENAPI)
    for reference in re.findall(r"'\$ref': '([^']+)'", text):
        RESOLVER.resolve(reference)
    for kind, parts in OPENAPI["components"].items():
        for name in parts if kind != "securitySchemes" else ():
            assert f"#/components/{kind}/{name}'" in text, f"{kind}/{name} is not used"
    for method, path, operation in OPERATIONS.values():
        assert {"summary", "operationId", "tags", "responses"} <= operation.keys()
        assert {"200", "default"} <= operation["responses"].keys()
        described = {deref(parameter)["name"] for parameter in
                     OPENAPI["paths"][path].get("parameters", []) if deref(parameter)["in"] == "path"}
        assert described == set(re.findall(r"{(\w+)}", path))
        assert ("requestBody" in operation) == (method in ("post", "put"))


def test_every_status_of_the_program_is_described():
    source = (ROOT / "src" / "http" / "problem.c").read_text()
    statuses = {int(status) for status in re.findall(r'^\t\{(\d{3}), "', source, re.MULTILINE)}
    assert statuses == set(OPENAPI["components"]["schemas"]["Problem"]["properties"]["status"]["enum"]) | {200}
    described = {int(status) for _, _, operation in OPERATIONS.values() for status in operation["responses"]
                 if status != "default"} | set(OPENAPI["components"]["responses"]["Other"]["x-statuses"])
    assert statuses == described


def test_scopes_are_described_as_the_program_wants_them():
    scopes = {}
    for group in ("pbx", "people", "process"):
        source = (ROOT / "src" / "http" / f"routes_{group}.c").read_text()
        for method, path, scope in re.findall(r'\{EVHTTP_REQ_(\w+), "([^"]+)",\s*([A-Z_ |0]+),', source):
            scopes[method.lower(), path] = {name.lower() for name in re.findall(r"SCOPE_(\w+)", scope)}
    assert len(scopes) == len(OPERATIONS)
    for name, (method, path, operation) in OPERATIONS.items():
        said = re.search(r"[Ss]cope ((?:`\w+`(?: or )?)+)", operation.get("description", ""))
        assert set(re.findall(r"\w+", said[1])) - {"or"} == scopes[method, path] if said else not scopes[method, path], name
        assert (operation.get("security") == []) == (not scopes[method, path])


def test_bodies_are_taken_as_they_are_described(api):
    assert BODIES.keys() == {name for name, (_, _, operation) in OPERATIONS.items() if "requestBody" in operation}
    for name, bodies in BODIES.items():
        content = deref(OPERATIONS[name][2]["requestBody"])["content"]
        schema = content["application/json"]["schema"]
        if "example" in content["application/json"]:
            bodies = bodies + [content["application/json"]["example"]]
        taken = refused = 0
        for body in bodies:
            answer = api.ask(name, raw={"body": b"null"} if body is None else {"body": copy.deepcopy(body)})
            wrong = errors(body, schema)
            assert answer.status == (400 if wrong else 200), (name, body, wrong, answer)
            taken, refused = taken + (not wrong), refused + bool(wrong)
        assert taken >= 2 and refused >= 2, name


def test_answers_are_as_they_are_described(api):
    for name, (good, bad) in QUERIES.items():
        for query in good:
            assert api.ask(name, query=query).status == 200, (name, query)
        for query in bad:
            assert api.ask(name, query=query).status == 400, (name, query)
    good = {name: bodies[0] for name, bodies in BODIES.items()}
    for name, (method, path, operation) in OPERATIONS.items():
        if name == "listen":
            continue
        api.ask(name, good.get(name))
        if operation.get("security") != [] and name != "getMetrics":
            assert api.ask(name, good.get(name), token=None).status == 401
            other = api.offhook.token if "/v1/pbx" not in path else api.offhook.reader_token
            assert api.ask(name, good.get(name), token=other).status == 403
        if "{contact}" in path:
            assert api.ask(name, good.get(name), contact="nobody").status == 404
        if "{ext}" in path:
            assert api.ask(name, good.get(name), ext="x" * 65).status == 400
        if "/extensions/{ext}/" in path and "registration" not in path:
            assert api.ask(name, good.get(name), ext="4711").status == 404
        if name in good:
            assert api.ask(name, raw={"body": b"{", "headers": {"Content-Type": "text/plain"}}).status == 415
            assert api.ask(name, raw={"body": b"{"}).status == 400
            assert api.ask(name, raw={"body": b" " * (1024 * 1024 + 1)}).status == 413
        answer = api.offhook.request("PUT" if method != "put" else "POST", path.replace("{", "").replace("}", ""), body={})
        if answer.status == 405:
            api.check(name, answer)
    api.ask("getHealth", query="x" * 3000)
    api.check("getHealth", api.offhook.request("GET", "/" + "x" * 3000))
    api.check("getHealth", api.offhook.request("GET", "/healthz", headers={"X-Long": "x" * 20000}))
    api.check("getHealth", api.offhook.request("GET", "/nowhere"))
    assert {404, 405, 414, 431} <= api.answers["getHealth"] | api.answers["getReadiness"]
    assert 429 in [api.ask("listPeople", token="nonsense").status for _ in range(25)]
    # Of what is described for an operation, only faults of the database and these two are not provoked here.
    for name, (_, path, operation) in OPERATIONS.items():
        described = {int(status) for status in operation["responses"] if status != "default"}
        optional = {429, 500, 503} | ({400} if "requestBody" not in operation else set())
        optional |= {404} if "/pbx/" in path else set()
        optional |= {401, 403} if name == "getMetrics" else set()
        if name == "getReadiness":
            described.discard(200)  # no XMPP server here
            optional.discard(503)
        if name != "listen":
            assert described - optional <= api.answers[name], (name, described - api.answers[name])


def test_a_signature_is_taken_where_it_is_described(api, alone):  # noqa: F811
    secret, offhook = "signature-secret-0123456789abcdef", api.offhook
    offhook.config["pbx"][0] |= {"signature_secret_file": offhook._secret("signature", secret)}
    alone.restart()
    for name, (method, path, operation) in OPERATIONS.items():
        if "/v1/pbx/" not in path:
            assert "signature" not in str(operation.get("security", "")), name
            continue
        content = json.dumps(BODIES[name][0]).encode() if name in BODIES else b""
        signed = {"Content-Type": "application/json",
                  "X-Signature": hmac.new(secret.encode(), content, hashlib.sha256).hexdigest()}
        path = path.format(pbx="hq", ext="1001", format="yeastar")
        answer = offhook.request(method.upper(), path, body=content or None, headers=signed)
        api.check(name, answer)
        described = {"signature": []} in operation.get("security", OPENAPI["security"])
        assert answer.status == (200 if described else 401), (name, answer)


def test_the_stream_tells_people_as_they_are_described(api):
    async def told():
        listener = await (await Listener(api.offhook).open()).complete()
        await listener.close()
        return listener
    listener = asyncio.run(told())
    assert listener.headers["content-type"] in OPERATIONS["listen"][2]["responses"]["200"]["content"]
    people = [event.data for event in listener.events if event.name == "presence"]
    assert {person["contact"] for person in people} == {"alice", "bob"}
    for person in people:
        check(person, {"$ref": "#/components/schemas/Presence"})
    example = OPERATIONS["listen"][2]["responses"]["200"]["content"]["text/event-stream"]["example"]
    check(yaml.safe_load(re.search(r"data: (.*)", example)[1]), {"$ref": "#/components/schemas/Presence"})


def test_a_database_that_is_away_is_told_as_described(api, alone):  # noqa: F811
    alone.query("ALTER TABLE legs ADD CONSTRAINT no CHECK (call <> 'bad')")
    alone.offhook.allow_errors("refuses a row")
    assert api.ask("postEvents", dict(EVENT, call="bad")).status == 500
    with alone.connection() as database:
        database.execute("LOCK TABLE legs IN ACCESS EXCLUSIVE MODE")
        assert api.ask("postEvents", EVENT).status == 503
