"""What is read as an address, and what is refused before anything is resolved."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from reels.addresses import Host, check_address, is_public, read_address, read_hosts
from reels.errors import InvalidInput


@pytest.mark.parametrize(
    ("text", "url", "host"),
    [
        ("http://media.example.org", "http://media.example.org/", "media.example.org"),
        ("HTTPS://Media.Example.org:443/A?b=c#d", "https://media.example.org/A?b=c", None),
        ("http://media.example.org:443/x", "http://media.example.org:443/x", None),
        ("http://media.example.org./x", "http://media.example.org/x", None),
        ("https://bücher.example/ü?q=ö", "https://xn--bcher-kva.example/%C3%BC?q=%C3%B6", None),
        ("https://8.8.8.8/a%20b", "https://8.8.8.8/a%20b", "8.8.8.8"),
        ("https://[2606:4700::1111]/x", "https://[2606:4700::1111]/x", "2606:4700::1111"),
        ("http://a_b.example.org?x", "http://a_b.example.org/?x", "a_b.example.org"),
    ],
)
def test_a_public_address_is_read_into_its_parts(text: str, url: str, host: str | None) -> None:
    address = read_address(text)
    check_address(address)

    assert address.url == url
    assert host in (None, address.host)


def test_a_refused_address_is_named_without_its_query_and_with_its_field() -> None:
    with pytest.raises(InvalidInput) as refused:
        check_address(read_address("http://10.0.0.1/a?token=hidden"), field="image_urls.3")

    assert refused.value.field == "image_urls.3"
    assert "http://10.0.0.1/a" in refused.value.message
    assert "hidden" not in str(refused.value)


def test_a_trusted_host_is_trusted_with_its_port_only() -> None:
    allowed = read_hosts("127.0.0.1:8080, media.lan , [::1]:90")

    assert allowed == {
        Host("127.0.0.1", 8080),
        Host("media.lan", 80),
        Host("media.lan", 443),
        Host("::1", 90),
    }
    check_address(read_address("http://127.0.0.1:8080/x"), allowed)
    check_address(read_address("http://[::1]:90/x"), allowed)
    for other in ("http://127.0.0.1/", "http://127.0.0.1:8081/", "http://media.lan:8080/"):
        with pytest.raises(InvalidInput):
            check_address(read_address(other), allowed)


@pytest.mark.parametrize("entry", ["a b", "http://media.lan", "user@host", "media.lan:0", "[::1"])
def test_what_is_no_host_cannot_be_trusted(entry: str) -> None:
    with pytest.raises(ValueError, match="is no host"):
        read_hosts(entry)


def test_nothing_that_python_calls_not_global_is_public() -> None:
    """Our own list is held against the standard library's, at the edges of every network."""
    edges = ["0.0.0.0", "10.0.0.0", "100.64.0.0", "127.0.0.0", "169.254.0.0", "172.16.0.0"]
    edges += ["192.168.0.0", "198.18.0.0", "224.0.0.0", "240.0.0.0", "::1", "fc00::", "fe80::"]
    edges += ["ff00::", "2001::", "2001:db8::", "2002::", "3fff::", "64:ff9b:1::", "100::"]
    near = [ip_address(int(ip_address(edge)) + 1) for edge in edges if edge != "::1"]
    for address in (*map(ip_address, edges), *near):
        assert not is_public(address), address
    for text in ("8.8.8.8", "9.255.255.255", "11.0.0.0", "172.32.0.0", "2606:4700::1111"):
        assert is_public(ip_address(text)), text
