"""Where webhooks may not go, however it is written: Fiel calls from inside the operator's network."""

from __future__ import annotations

import socket

import pytest

from fiel.outreach.addresses import Forbidden, Unknown, resolve
from fiel.outreach.send import Sender
from tests.outreach.receiver import receiving, tls_context

FORBIDDEN = {
    "loopback": ["127.0.0.1", "127.8.8.8", "[::1]", "localhost"],
    "any": ["0.0.0.0", "[::]"],
    "private": ["10.1.2.3", "172.16.0.1", "172.31.255.254", "192.168.1.1", "[fd00::1]", "[fc00::1]"],
    "carrier": ["100.64.0.1", "100.127.255.254"],
    "link-local": ["169.254.1.1", "[fe80::1]", "[fec0::1]"],
    "metadata": ["169.254.169.254", "[fd00:ec2::254]", "100.100.100.200", "168.63.129.16"],
    "multicast": ["224.0.0.1", "239.255.255.255", "[ff02::1]", "[ff0e::1]"],
    "reserved": ["240.0.0.1", "255.255.255.255", "192.0.0.8", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.7"],
    "documentation": ["[2001:db8::1]"],
    "mapped": ["[::ffff:127.0.0.1]", "[::ffff:10.0.0.1]", "[::ffff:a9fe:a9fe]", "[::127.0.0.1]", "[::ffff:0:7f00:1]"],
    "translated": ["[64:ff9b::7f00:1]", "[64:ff9b:1::a00:1]", "[2002:7f00:1::]", "[2001:0:7f00:1::]"],
    "decimal": ["2130706433", "2852039166"],
    "octal": ["0177.0.0.1", "017700000001"],
    "hexadecimal": ["0x7f000001", "0x7f.0.0.1", "0xa9fea9fe"],
    "short": ["127.1", "10.1", "0"],
    "other digits": ["①②⑦.0.0.1", "127。0。0。1"],
}


@pytest.mark.parametrize("host", [host for hosts in FORBIDDEN.values() for host in hosts])
def test_addresses_inside_are_refused_however_written(host):
    with pytest.raises(Forbidden):
        resolve(f"https://{host}/hook")


@pytest.mark.parametrize("host", ["8.8.8.8", "1.1.1.1", "[2606:4700:4700::1111]", "134744072", "[::ffff:8.8.8.8]"])
def test_public_addresses_are_taken(host):
    assert resolve(f"https://{host}/hook?a=1").path == "/hook?a=1"


@pytest.mark.parametrize(
    "url",
    [
        "http://8.8.8.8/",
        "ftp://8.8.8.8/",
        "file:///etc/passwd",
        "gopher://8.8.8.8/",
        "//8.8.8.8/",
        "https://",
        "https:///path",
        "https://user:word@8.8.8.8/",
        "https://8.8.8.8@127.0.0.1/",
        "https://8.8.8.8\\@127.0.0.1/",
        "https://8.8.8.8:22/",
        "https://8.8.8.8:25/",
        "https://8.8.8.8:0/",
        "https://8.8.8.8:99999/",
        "https://8.8.8.8/a b",
        "https://8.8.8.8/a\r\nHost: x",
        "https://[::1/",
        "https://" + "a" * 64 + ".example/",
    ],
)
def test_other_ways_in_are_refused(url):
    with pytest.raises((Forbidden, Unknown)):
        resolve(url)


def test_what_the_operator_names_is_reached_over_http_too(settings):
    settings.WEBHOOK_NETWORKS = ("127.0.0.1", "10.1.2.0/24")
    for url in ("http://127.0.0.1:9/", "https://10.1.2.3/", "http://[::ffff:10.1.2.3]/"):
        resolve(url)
    for url in ("http://127.0.0.2:9/", "https://10.1.3.3/"):
        with pytest.raises(Forbidden):
            resolve(url)


class Names:
    """A name server that answers anew each time, as somebody with bad intent would have it."""

    def __init__(self, monkeypatch, **answers):
        self.answers = answers
        self.asked = 0
        self.system = socket.getaddrinfo
        monkeypatch.setattr(socket, "getaddrinfo", self.look_up)

    def look_up(self, host, port, *more, **named):
        if host.partition(".")[0] not in self.answers:
            return self.system(host, port, *more, **named)  # an address, which only has to be read
        self.asked += 1
        answers = self.answers[host.partition(".")[0]]
        found = answers.pop(0) if len(answers) > 1 else answers[0]
        kinds = {True: socket.AF_INET6, False: socket.AF_INET}
        return [(kinds[":" in each], socket.SOCK_STREAM, 6, "", (each, port)) for each in found]


def test_one_forbidden_address_among_public_ones_is_enough(monkeypatch):
    Names(monkeypatch, mixed=[["8.8.8.8", "127.0.0.1"]], hidden=[["8.8.8.8", "::ffff:10.0.0.1"]])
    for host in ("mixed.example", "hidden.example"):
        with pytest.raises(Forbidden):
            resolve(f"https://{host}/")


def test_a_name_that_answers_otherwise_the_second_time_changes_nothing(monkeypatch, settings):
    """It is looked up once for a connection, and the connection goes to just what was checked."""
    settings.WEBHOOK_NETWORKS = ("127.0.0.1",)
    names = Names(monkeypatch, turning=[["127.0.0.1"], ["127.0.0.3"]])
    with receiving() as receiver:
        sender = Sender(f"http://turning.example:{receiver.port}/fiel")
        assert sender.post(b"{}", {}).status == 204
        assert names.asked == 1
        assert receiver.asked[0][0]["host"] == f"turning.example:{receiver.port}"
        assert sender.post(b"{}", {}).status == 204  # the same connection
        assert names.asked == 1
        sender.close()
        answer = sender.post(b"{}", {})
        assert (answer.status, answer.error) == (None, "forbidden_address")
        assert len(receiver.asked) == 2


def test_tls_is_held_against_the_name_not_the_address(monkeypatch, settings, tmp_path):
    settings.WEBHOOK_NETWORKS = ("127.0.0.1",)
    Names(monkeypatch, erp=[["127.0.0.1"]], other=[["127.0.0.1"]])
    context, authority = tls_context(tmp_path, "erp.example")
    with receiving(context=context) as receiver:
        assert Sender(receiver.url("erp.example")).post(b"{}", {}).error == "tls"
        monkeypatch.setenv("SSL_CERT_FILE", str(authority))
        sender = Sender(receiver.url("erp.example"))
        assert sender.post(b"{}", {}).status == 204
        sender.close()
        assert Sender(receiver.url("other.example")).post(b"{}", {}).error == "tls"
    assert len(receiver.asked) == 1


def test_redirects_lead_nowhere(settings):
    settings.WEBHOOK_NETWORKS = ("127.0.0.1",)
    with receiving() as inner, receiving(then=307, headers={"Location": inner.url()}) as outer:
        sender = Sender(outer.url())
        answer = sender.post(b"{}", {})
        sender.close()
        assert (answer.status, answer.taken) == (307, False)
        assert inner.asked == []


def slow_server(*parts, pause_s):
    """A server that sends its answer in parts, with a pause before each; the port, and what ends it."""
    import threading

    listening = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def serve():
        connection, _ = listening.accept()
        with connection:
            connection.recv(65536)
            for part in parts:
                if over.wait(pause_s):
                    return
                try:
                    connection.sendall(part)
                except OSError:
                    return

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()

    def end():
        over.set()
        thread.join()
        listening.close()

    return listening.getsockname()[1], end


def test_who_answers_byte_by_byte_is_cut_off(monkeypatch, settings):
    """Each byte comes well within the time for one; together they would take a minute."""
    settings.WEBHOOK_NETWORKS = ("127.0.0.1",)
    monkeypatch.setattr("fiel.outreach.send._WHOLE_S", 1)
    port, end = slow_server(*[b"H"] * 200, pause_s=0.3)
    answer = Sender(f"http://127.0.0.1:{port}/").post(b"{}", {})
    end()
    assert (answer.status, answer.error) == (None, "too_slow")
    assert 900 <= answer.duration_ms < 3000


def test_who_answers_without_end_is_read_to_a_bound(settings):
    settings.WEBHOOK_NETWORKS = ("127.0.0.1",)
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n"
    port, end = slow_server(head, *[b"x" * 65536] * 8, pause_s=0)
    answer = Sender(f"http://127.0.0.1:{port}/").post(b"{}", {})
    end()
    assert answer.status == 200
