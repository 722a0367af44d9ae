"""Telephones by sipp: scenarios of a phone that registers, calls, is called, holds and hangs up."""

from asterisk import PHONE_PASSWORD

SDP = """v=0
o=- 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [local_ip]
t=0 0
m=audio 6000 RTP/AVP 0
a={direction}"""
NO_BODY = "Content-Length: 0"
VIA = "Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch{back}]"
FROM = "From: <sip:{me}@[remote_ip]>;tag=[pid]c[call_number]"
TO = "To: <sip:{to}@[remote_ip]:[remote_port]>"
CONTACT = "Contact: <sip:{me}@[local_ip]:[local_port]>"
AUTHENTICATION = "[authentication username={me} password=" + PHONE_PASSWORD + "]"


def _body(direction="sendrecv"):
    return f"Content-Type: application/sdp\nContent-Length: [len]\n\n{SDP.format(direction=direction)}"


def _scenario(name, steps):
    return f'<?xml version="1.0"?>\n<!DOCTYPE scenario SYSTEM "sipp.dtd">\n<scenario name="{name}">\n{steps}</scenario>\n'


def _send(*lines, retransmit=False):
    text = "\n".join(line for line in lines if line)
    return f'<send{" retrans=" + chr(34) + "500" + chr(34) if retransmit else ""}><![CDATA[\n\n{text}\n\n]]></send>\n'


def _await(what, kind="response", optional=False, action="", **more):
    attributes = "".join(f' {key}="{value}"' for key, value in more.items()) + (' optional="true"' if optional else "")
    return f'<recv {kind}="{what}"{attributes}>{action}</recv>\n'


def _pause(milliseconds):
    return f'<pause milliseconds="{milliseconds}"/>\n'


def _request(method, me, number, to="[service]", uri="sip:[service]@[remote_ip]:[remote_port]", back="", tag=False,
             authentication=False, more="", body=NO_BODY, retransmit=True):
    return _send(f"{method} {uri} SIP/2.0", VIA.format(back=back), FROM.format(me=me),
                 TO.format(to=to) + ("[peer_tag_param]" if tag else ""), "Call-ID: [call_id]", f"CSeq: {number} {method}",
                 CONTACT.format(me=me) if not more else more, "Max-Forwards: 70",
                 AUTHENTICATION.format(me=me) if authentication else "", body, retransmit=retransmit)


def registers(me, port, seconds=600):
    """A phone that waits for calls at `port`; with 0 seconds it leaves."""
    fields = {"to": me, "uri": "sip:[remote_ip]:[remote_port]",
              "more": f"Contact: <sip:{me}@[local_ip]:{port}>\nExpires: {seconds}"}
    return _scenario("registers", _request("REGISTER", me, 1, **fields) + _await(401, auth="true")
                     + _request("REGISTER", me, 2, authentication=True, **fields) + _await(200))


def _invite(me):
    return (_request("INVITE", me, 1, body=_body()) + _await(401, auth="true")
            + _request("ACK", me, 1, back="-2", tag=True, retransmit=False)
            + _request("INVITE", me, 2, authentication=True, body=_body()) + _await(100, optional=True))


def _within(method, me, number, body=NO_BODY):
    return _request(method, me, number, uri="[next_url]", tag=True, body=body, retransmit=method != "ACK")


def _connected(me):
    return (_invite(me) + _await(180, optional=True) + _await(183, optional=True) + _await(200, rrs="true")
            + _within("ACK", me, 2))


def caller_talks(me, talk, hold=0):
    """Calls, talks (milliseconds), perhaps holds in the middle, and hangs up."""
    steps = _connected(me) + _pause(talk)
    number = 2
    for direction in ("sendonly", "sendrecv") if hold else ():
        number += 1
        steps += _within("INVITE", me, number, _body(direction)) + _await(100, optional=True) + _await(200, rrs="true")
        steps += _within("ACK", me, number) + _pause(hold if direction == "sendonly" else talk)
    return _scenario("talks", steps + _within("BYE", me, number + 1) + _await(200))


def caller_waits(me):
    """Calls, and talks until the other side hangs up."""
    return _scenario("waits", _connected(me) + _await("BYE", "request") + _answer("200 OK", NO_BODY, tag=False))


def caller_refused(me, code):
    return _scenario("refused", _invite(me) + _await(180, optional=True) + _await(code)
                     + _request("ACK", me, 2, back="-4", tag=True, retransmit=False))


def caller_cancels(me, after):
    return _scenario("cancels", _invite(me) + _await(180) + _pause(after)
                     + _request("CANCEL", me, 2, back="-4") + _await(200) + _await(487)
                     + _request("ACK", me, 2, back="-7", tag=True, retransmit=False))


def _answer(status, body, tag=True, retransmit=False):
    return _send(f"SIP/2.0 {status}", "[last_Via:]", "[last_From:]",
                 "[last_To:]" + (";tag=[pid]a[call_number]" if tag else ""), "[last_Call-ID:]", "[last_CSeq:]",
                 "Contact: <sip:[local_ip]:[local_port]>", body, retransmit=retransmit)


def _remember(**headers):
    return "<action>" + "".join(f'<ereg regexp=".*" search_in="hdr" header="{header}:" check_it="true" assign_to="{name}"/>'
                                for name, header in headers.items()) + "</action>"


def _rung(ring):
    return _await("INVITE", "request", rrs="true") + _answer("180 Ringing", NO_BODY) + _pause(ring)


def phone_answers(ring=100):
    """Rings (milliseconds), answers, and talks until the caller hangs up."""
    return _scenario("answers", _rung(ring) + _answer("200 OK", _body(), retransmit=True) + _await("ACK", "request")
                     + _await("BYE", "request") + _answer("200 OK", NO_BODY, tag=False))


def phone_hangs_up(ring=100, talk=1000):
    """Rings, answers, talks and hangs up."""
    steps = _await("INVITE", "request", rrs="true", action=_remember(caller="From", called="To"))
    steps += _answer("180 Ringing", NO_BODY) + _pause(ring) + _answer("200 OK", _body(), retransmit=True)
    steps += _await("ACK", "request") + _pause(talk)
    steps += _send("BYE [next_url] SIP/2.0", VIA.format(back=""), "From:[$called];tag=[pid]a[call_number]", "To:[$caller]",
                   "Call-ID: [call_id]", "CSeq: 1 BYE", "Max-Forwards: 70", NO_BODY, retransmit=True)
    return _scenario("hangs up", steps + _await(200))


def phone_busy(ring=0):
    return _scenario("busy", _rung(ring) + _answer("486 Busy Here", NO_BODY, retransmit=True) + _await("ACK", "request"))


def phone_rings():
    """Rings until the caller or the dial plan gives up."""
    steps = _await("INVITE", "request", rrs="true", action=_remember(number="CSeq"))
    steps += _answer("180 Ringing", NO_BODY) + _await("CANCEL", "request") + _answer("200 OK", NO_BODY)
    steps += _send("SIP/2.0 487 Request Terminated", "[last_Via:]", "[last_From:]", "[last_To:];tag=[pid]a[call_number]",
                   "[last_Call-ID:]", "CSeq:[$number]", NO_BODY, retransmit=True)
    return _scenario("rings", steps + _await("ACK", "request"))
