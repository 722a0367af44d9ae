"""The snippets of docs/pbx/dialplan.md: Kamailio's runs as it stands there; of Asterisk's the questions are asked."""

import re
import socket

import pytest

from servers import ROOT, Process, free_port, wait_until
from test_store_faults import alone  # noqa: F401 (a fixture)

GUIDE = (ROOT / "docs" / "pbx" / "dialplan.md").read_text()


def snippet(language):
    return re.search(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)[1]


@pytest.fixture
def phones(alone, tmp_path):  # noqa: F811
    people = tmp_path / "people.csv"
    people.write_text("contact,extensions\nbob,hq:1001\nalice,hq:1002\n")
    done = alone.offhook.run("--config", alone.offhook.config_path, "--import-people", people)
    assert done.returncode == 0, done
    wait_until("bob is there", lambda: ask(alone, "1001").status == 200)
    return alone


def ask(alone, extension):  # noqa: F811
    return alone.offhook.request("GET", f"/v1/pbx/hq/extensions/{extension}/presence", token=alone.offhook.token)


def choose(alone, extension, status):  # noqa: F811
    answer = alone.offhook.request("PUT", f"/v1/pbx/hq/extensions/{extension}/status", {"status": status},
                                   token=alone.offhook.token)
    assert answer.status == 200, answer


def test_what_asterisk_asks_and_reads_is_there(phones):
    text = snippet("asterisk")
    base = re.search(r"OFFHOOK_URL=http://127.0.0.1:8088(\S+)", text)[1]
    path = re.search(r"CURL\(\$\{OFFHOOK_URL\}(\S+presence)\)", text)[1]
    answer = phones.offhook.request("GET", base + path.replace("${URIENCODE(${EXTEN})}", "1001"), token=phones.offhook.token)
    assert answer.status == 200
    members = re.findall(r"JSON_DECODE\(OFFHOOK,(\w+)\)", text)
    assert members and set(members) <= answer.json.keys()
    choose(phones, "1001", "dnd")
    answer = ask(phones, "1001").json
    assert (answer["action"], answer["accepts_calls"]) == ("dnd", False)
    for method, body, path in re.findall(r"-X (\w+) .*?(?:--json '(.*?)' )?http://127.0.0.1:8088(\S+?/)\$\{FILTER", GUIDE):
        answer = phones.offhook.request(method, f"{path}1002/status", token=phones.offhook.token,
                                        **({"body": body.encode()} if body else {}))
        assert answer.status == 200
        assert ask(phones, "1002").json["action"] == ("dnd" if method == "PUT" else "none")


class Kamailio(Process):
    """With the snippet, and a reply of its own for calls that the snippet lets through."""

    name = "kamailio"

    def __init__(self, directory, offhook):
        super().__init__(directory)
        self.port = free_port()
        text = snippet("kamailio").replace("127.0.0.1:8088", f"127.0.0.1:{offhook.http_port}").replace("TOKEN", offhook.token)
        (self.directory / "kamailio.cfg").write_text(f'''
log_stderror=yes
children=1
disable_tcp=yes
listen=udp:127.0.0.1:{self.port}
loadmodule "sl.so"
loadmodule "pv.so"
{text}
request_route {{
	route(OFFHOOK);
	sl_send_reply("200", "Rings");
}}
''')

    def command(self):
        return ["kamailio", "-DD", "-E", "-w", self.directory, "-Y", self.directory, "-f", self.directory / "kamailio.cfg"]

    def is_ready(self):
        return self.call("1") is not None

    def call(self, extension):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
            phone.settimeout(5)
            phone.connect(("127.0.0.1", self.port))
            address = "127.0.0.1:%d" % phone.getsockname()[1]
            try:
                phone.send((f"INVITE sip:{extension}@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP {address};branch=z9hG4bK{extension}\r\n"
                            f"From: <sip:a@{address}>;tag=1\r\nTo: <sip:{extension}@127.0.0.1>\r\nCall-ID: {extension}@x\r\n"
                            f"CSeq: 1 INVITE\r\nMax-Forwards: 70\r\nContact: <sip:{address}>\r\nContent-Length: 0\r\n\r\n").encode())
                return int(phone.recv(4000).split()[1])
            except (OSError, ValueError):
                return None


def test_kamailio_sends_calls_where_people_want_them(phones, tmp_path):
    kamailio = Kamailio(tmp_path / "kamailio", phones.offhook)
    try:
        kamailio.start()
        assert kamailio.call("1001") == 200
        choose(phones, "1001", "dnd")
        assert kamailio.call("1001") == 480
        assert kamailio.call("1002") == 200
        assert kamailio.call("4711") == 200, "nobody's extension rings"
        phones.offhook.stop()
        assert kamailio.call("1001") == 200, "without Offhook, phones ring"
    finally:
        kamailio.stop()
