"""A real Kamailio with docs/pbx/kamailio.cfg, and phones by sipp."""

import re
import socket
import subprocess

from servers import ROOT, Process, free_port


class Kamailio(Process):
    """The documented configuration, with ports, token and the pace of the snapshots put in."""

    name = "kamailio"

    def __init__(self, directory, offhook, snapshot_seconds=60):
        super().__init__(directory)
        self.offhook = offhook
        self.port = free_port()
        self.snapshot_seconds = snapshot_seconds
        self.config = self.directory / "kamailio.cfg"

    def write_config(self):
        text = (ROOT / "docs" / "pbx" / "kamailio.cfg").read_text()
        for old, new in (("change-me-too@127.0.0.1:8088",
                          f"{self.offhook.token}@127.0.0.1:{self.offhook.http_port}"),
                         ("udp:127.0.0.1:5060", f"udp:127.0.0.1:{self.port}"),
                         ("interval=60;", f"interval={self.snapshot_seconds};")):
            assert text.count(old) == 1, f"{old} is not once in docs/pbx/kamailio.cfg"
            text = text.replace(old, new)
        self.config.write_text(text)

    def start(self, timeout=30):
        self.write_config()
        return super().start(timeout)

    def command(self):
        return ["kamailio", "-DD", "-E", "-m", "64", "-f", self.config, "-Y", self.directory,
                "-P", self.directory / "kamailio.pid"]

    def ask(self, text):
        """One request over UDP; what comes back, or nothing."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
            phone.bind(("127.0.0.1", 0))
            phone.settimeout(1)
            phone.sendto(text.replace("\n", "\r\n").replace("{port}", str(phone.getsockname()[1])).encode(),
                         ("127.0.0.1", self.port))
            try:
                return phone.recv(65536).decode()
            except OSError:
                return ""

    def request(self, method, user, contact=""):
        address = f"sip:{user}@127.0.0.1:{self.port}"
        return self.ask(f"{method} {address} SIP/2.0\nVia: SIP/2.0/UDP 127.0.0.1:{{port}};branch=z9hG4bK{user}{method}\n"
                        f"From: <{address}>;tag=a\nTo: <{address}>\nCall-ID: {method}-{user}\nCSeq: 1 {method}\n"
                        f"Max-Forwards: 70\n{contact}Content-Length: 0\n\n")

    def is_ready(self):
        return " 405 " in self.request("OPTIONS", "nobody")

    def register(self, user, port):
        answer = self.request("REGISTER", user, f"Contact: <sip:{user}@127.0.0.1:{port}>\nExpires: 600\n")
        assert " 200 " in answer, answer

    def complaints(self):
        """Errors, but for those of processes that see the others go at the end."""
        return [line for line in self.log().splitlines()
                if re.search(r"(ERROR|CRITICAL|ALERT):", line) and "receive_fd" not in line]


# A scenario of sipp is made of steps: a request or answer that is sent, one that is awaited, a pause.

def _scenario(name, steps):
    return f'<?xml version="1.0"?>\n<!DOCTYPE scenario SYSTEM "sipp.dtd">\n<scenario name="{name}">\n{steps}</scenario>\n'


def _send(text, attributes=""):
    return f"<send {attributes}><![CDATA[\n\n{text}\n\n]]></send>\n"


SDP = """v=0
o=- 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [local_ip]
t=0 0
m=audio 6000 RTP/AVP 0
a={direction}"""


def _body(direction="sendrecv"):
    return f"Content-Type: application/sdp\nContent-Length: [len]\n\n{SDP.format(direction=direction)}"


FROM = "From: <sip:{caller}@[remote_ip]:[remote_port]>;tag=[pid]c[call_number]"
VIA = "Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch]"
CONTACT = "Contact: <sip:{caller}@[local_ip]:[local_port]>"
NO_BODY = "Content-Length: 0"


def _invite(caller):
    return _send(f"INVITE sip:[service]@[remote_ip]:[remote_port] SIP/2.0\n{VIA}\n{FROM.format(caller=caller)}\n"
                 f"To: <sip:[service]@[remote_ip]:[remote_port]>\nCall-ID: [call_id]\nCSeq: 1 INVITE\n"
                 f"{CONTACT.format(caller=caller)}\nMax-Forwards: 70\n{_body()}", 'retrans="500"')


def _within(method, number, caller, body=NO_BODY, retrans=True):
    target = "[next_url]"
    return _send(f"{method} {target} SIP/2.0\n{VIA}\n[routes]\n{FROM.format(caller=caller)}\n"
                 f"To: <sip:[service]@[remote_ip]:[remote_port]>[peer_tag_param]\nCall-ID: [call_id]\n"
                 f"CSeq: {number} {method}\n{CONTACT.format(caller=caller)}\nMax-Forwards: 70\n{body}",
                 'retrans="500"' if retrans else "")


def _await(code, optional=False, **more):
    attributes = "".join(f' {key}="{value}"' for key, value in more.items())
    return f'<recv response="{code}"{attributes}{" optional=" + chr(34) + "true" + chr(34) if optional else ""}/>\n'


def _pause(milliseconds):
    return f'<pause milliseconds="{milliseconds}"/>\n'


def caller_answered(caller, talk, hold=None):
    """Calls, talks (milliseconds), perhaps holds in the middle, and hangs up."""
    steps = _invite(caller) + _await(100, True) + _await(180, True) + _await(200, rrs="true")
    steps += _within("ACK", 1, caller, retrans=False) + _pause(talk)
    number = 1
    for direction in ("sendonly", "sendrecv") if hold else ():
        number += 1
        steps += _within("INVITE", number, caller, _body(direction)) + _await(100, True) + _await(200)
        steps += _within("ACK", number, caller, retrans=False) + _pause(hold)
    return _scenario("caller", steps + _within("BYE", number + 1, caller) + _await(200))


def caller_refused(caller, code):
    steps = _invite(caller) + _await(100, True) + _await(180, True) + _await(code)
    ack = (f"ACK sip:[service]@[remote_ip]:[remote_port] SIP/2.0\nVia: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch-4]\n"
           f"{FROM.format(caller=caller)}\nTo: <sip:[service]@[remote_ip]:[remote_port]>[peer_tag_param]\n"
           f"Call-ID: [call_id]\nCSeq: 1 ACK\nMax-Forwards: 70\n{NO_BODY}")
    return _scenario("refused", steps + _send(ack))


def caller_cancels(caller, after):
    steps = _invite(caller) + _await(100, True) + _await(180) + _pause(after)
    same = (f"{{}} sip:[service]@[remote_ip]:[remote_port] SIP/2.0\nVia: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch-{{}}]\n"
            f"{FROM.format(caller=caller)}\nTo: <sip:[service]@[remote_ip]:[remote_port]>{{}}\n"
            f"Call-ID: [call_id]\nCSeq: 1 {{}}\nMax-Forwards: 70\n{NO_BODY}")
    steps += _send(same.format("CANCEL", 4, "", "CANCEL"), 'retrans="500"') + _await(200) + _await(487)
    return _scenario("cancel", steps + _send(same.format("ACK", 7, "[peer_tag_param]", "ACK")))


ANSWER = ("SIP/2.0 {status}\n[last_Via:]\n[last_Record-Route:]\n[last_From:]\n[last_To:];tag=[pid]a[call_number]\n"
          "[last_Call-ID:]\n[last_CSeq:]\nContact: <sip:[local_ip]:[local_port]>\n")


def phone_answers(ring, hold=False):
    """Rings (milliseconds), answers, and waits for the end."""
    steps = '<recv request="INVITE" rrs="true"/>\n' + _send(ANSWER.format(status="180 Ringing") + NO_BODY) + _pause(ring)
    steps += _send(ANSWER.format(status="200 OK") + _body(), 'retrans="500"') + '<recv request="ACK"/>\n'
    again = "SIP/2.0 200 OK\n[last_Via:]\n[last_Record-Route:]\n[last_From:]\n[last_To:]\n[last_Call-ID:]\n[last_CSeq:]\nContact: <sip:[local_ip]:[local_port]>\n"
    for _ in range(2 if hold else 0):
        steps += '<recv request="INVITE"/>\n' + _send(again + _body(), 'retrans="500"') + '<recv request="ACK"/>\n'
    return _scenario("phone", steps + '<recv request="BYE"/>\n' + _send(again + NO_BODY))


def phone_busy():
    return _scenario("busy", '<recv request="INVITE"/>\n' + _send(ANSWER.format(status="486 Busy Here") + NO_BODY)
                     + '<recv request="ACK"/>\n')


def phone_rings():
    again = "SIP/2.0 {status}\n[last_Via:]\n[last_From:]\n[last_To:];tag=[pid]a[call_number]\n[last_Call-ID:]\n"
    return _scenario("rings", '<recv request="INVITE"/>\n' + _send(ANSWER.format(status="180 Ringing") + NO_BODY)
                     + '<recv request="CANCEL"/>\n' + _send(again.format(status="200 OK") + f"CSeq: 1 CANCEL\n{NO_BODY}")
                     + _send(again.format(status="487 Request Terminated") + f"CSeq: 1 INVITE\n{NO_BODY}")
                     + '<recv request="ACK"/>\n')


class Sipp:
    """One run of sipp. Ports are its own; `finish` waits for its calls and asserts that all went well."""

    def __init__(self, directory, name, scenario, *arguments, port=None):
        self.port = port or free_port()
        self.log = directory / f"{name}-{self.port}.log"
        file = directory / f"{name}-{self.port}.xml"
        file.write_text(scenario)
        with open(self.log, "wb") as log:
            self.child = subprocess.Popen(
                ["sipp", "-sf", file, "-i", "127.0.0.1", "-p", str(self.port), "-nostdin", "-timeout", "60",
                 "-timeout_error", "-trace_err", "-error_file", directory / f"{name}-{self.port}.err",
                 *map(str, arguments)],
                cwd=directory, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)

    def finish(self, timeout=90):
        status = self.child.wait(timeout)
        errors = self.log.with_suffix(".err")
        assert status == 0, f"sipp: {status}\n{errors.read_text() if errors.exists() else self.log.read_text()[-2000:]}"

    def stop(self):
        if self.child.poll() is None:
            self.child.kill()
            self.child.wait()
