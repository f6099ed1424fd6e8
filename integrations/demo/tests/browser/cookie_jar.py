"""Opens each address of the standard input with its own cookie jar, and prints the page.

Every host is this machine, and every certificate is good.
"""

import http.cookiejar
import socket
import ssl
import sys
import urllib.request

look_up = socket.getaddrinfo
socket.getaddrinfo = lambda host, *rest, **named: look_up("127.0.0.1", *rest, **named)
tls = ssl._create_unverified_context()

for address in sys.stdin.read().split():
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}),
        urllib.request.HTTPSHandler(context=tls),
        urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()),
    )
    print(opener.open(address).read().decode().strip())
