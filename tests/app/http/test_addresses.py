"""Where users cannot send us: nothing is connected to that was not checked, and nothing that was is resolved again."""

from ipaddress import ip_address, ip_network

import pytest

from app import http
from app.http.address import parse, permitted

LOOPBACK_32 = (ip_network("127.0.0.1/32"),)


@pytest.mark.parametrize(
    "ip",
    [
        "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "192.0.0.1",
        "198.18.0.1", "192.0.2.1", "192.88.99.1", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255",
        "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "fec0::1", "ff02::1", "2001:db8::1",
        "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::7f00:1",
        "2002:7f00:1::", "2001:0:53aa:64c::1",
    ],
)  # fmt: skip
def test_forbidden_addresses(ip):
    assert permitted(ip_address(ip), private=False) is False


@pytest.mark.parametrize("ip", ["8.8.8.8", "93.184.216.34", "2606:4700:4700::1111"])
def test_public_addresses(ip):
    assert (permitted(ip_address(ip), private=False), permitted(ip_address(ip), private=True)) == (True, True)


@pytest.mark.parametrize(
    ("ip", "fine"),
    [
        ("127.0.0.1", True), ("10.0.0.1", True), ("192.168.1.1", True), ("::1", True), ("fd12::1", True), ("169.254.169.254", False),
        ("fe80::1", False), ("224.0.0.1", False), ("0.0.0.0", False), ("240.0.0.1", False), ("::ffff:127.0.0.1", False),
    ],
)  # fmt: skip
def test_what_the_operator_has_set_may_be_private_and_never_link_local(ip, fine):
    assert permitted(ip_address(ip), private=True) is fine


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/", "file:///etc/passwd", "gopher://example.com", "example.com", "", "http://", "http:///x",
        "http://user:password@example.com/", "http://user@example.com/", "http://example.com:99999/", "http://exa mple.com/",
        "http://example.com/\r\nX: y", "http://example.com\\@127.0.0.1/", "http://[fe80::1%25eth0]/", "http://[::1/",
    ],
)  # fmt: skip
def test_addresses_that_are_no_plain_ones_are_refused(app, url):
    with pytest.raises(http.Refused):
        http.request("GET", url, service="test")


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "0177.0.0.1", "127.1", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "127.0.0.1."],
)
def test_no_way_of_writing_loopback_leads_there(app, peer, host):
    there = peer()
    with pytest.raises(http.Refused, match="network"):
        http.request("GET", f"http://{host}:{there.port}/", service="test")
    assert there.requests == []


def test_one_forbidden_address_among_good_ones_is_one_too_many(app, dns):
    dns("mixed.example", ["93.184.216.34", "10.0.0.1"])
    with pytest.raises(http.Refused):
        http.request("GET", "http://mixed.example/", service="test")


@pytest.mark.parametrize("port", [22, 25, 110, 6379, 5432, 9200, 11211])
def test_ports_of_other_services_are_refused(app, dns, port):
    dns("public.example", ["93.184.216.34"])
    with pytest.raises(http.Refused, match="port"):
        http.request("GET", f"http://public.example:{port}/", service="test")


def test_a_name_that_changes_between_check_and_connection_is_asked_once(app, peer, dns, monkeypatch):
    """DNS rebinding: the second answer would lead elsewhere."""
    monkeypatch.setitem(app.config, "HTTP_PRIVATE_NETWORKS", LOOPBACK_32)
    good = peer()
    evil = peer(host="127.0.0.2")
    asked = dns("rebinding.example", ["127.0.0.1"], ["127.0.0.2"])
    reply = http.request("GET", f"http://rebinding.example:{good.port}/x?y=1", service="test")
    assert (reply.status, asked) == (200, ["rebinding.example"])
    assert good.requests[0].startswith(b"GET /x?y=1 HTTP/1.1\r\n")
    assert f"Host: rebinding.example:{good.port}\r\n".encode() in good.requests[0]
    with pytest.raises(http.Refused):
        http.request("GET", f"http://rebinding.example:{evil.port}/", service="test")
    assert evil.requests == []


def test_a_redirect_to_loopback_is_an_answer_and_not_followed(app, peer, dns, monkeypatch):
    monkeypatch.setitem(app.config, "HTTP_PRIVATE_NETWORKS", LOOPBACK_32)
    inside = peer()
    outside = peer(f"HTTP/1.1 302 Found\r\nLocation: {inside.url}/\r\nContent-Length: 0\r\n\r\n".encode())
    reply = http.request("GET", f"{outside.url}/", service="test")
    assert (reply.status, reply.headers["location"]) == (302, f"{inside.url}/")
    assert inside.requests == []


def test_addresses_are_written_in_ascii():
    assert parse("http://bücher.example:8080/ä?ö=1#x")[:4] == ("http", "xn--bcher-kva.example", 8080, "/%C3%A4?%C3%B6=1")
    assert parse("https://[2606:4700::1]/").authority == "[2606:4700::1]"
    assert parse("https://example.com:444/a%20b").authority == "example.com:444"
