"""What HAProxy meets in compose.yaml's network: a name server that knows each container.

`unshare --net python -m tests.deploy.docker_network HAPROXY`: in a network of its own, where
Docker's name server is at 127.0.0.11. Two servers that say their own address stand for containers.
"""

import http.client
import os
import socket
import struct
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from deploy import proxy

PORT = 8501
CONTAINERS = ["127.0.0.2", "127.0.0.3"]


def answer_names():
    """Docker's name server: every name is that of the containers that run."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.11", 53))
        while True:
            asked, visitor = server.recvfrom(4096)
            end = asked.index(b"\0", 12) + 5
            is_ipv4 = asked[end - 4 : end - 2] == b"\0\1"
            known = list(CONTAINERS) if is_ipv4 else []
            records = b"".join(
                b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 600, 4) + socket.inet_aton(address)
                for address in known
            )
            counts = struct.pack(">HHHHH", 0x8180, 1, len(known), 0, 0)
            server.sendto(asked[:2] + counts + asked[12:end] + records, visitor)


class Server(BaseHTTPRequestHandler):
    """Says where it is."""

    def do_GET(self):
        said = self.server.server_address[0].encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_):
        pass


def ask(cookie=""):
    """What the proxy answers, and the cookie that it sets; nothing where it does not."""
    connection = http.client.HTTPConnection("127.0.0.1", 8600, timeout=10)
    try:
        connection.request("GET", "/", headers={"Cookie": cookie} if cookie else {})
        answer = connection.getresponse()
        return answer.read().decode(), answer.headers.get("Set-Cookie", "").partition(";")[0]
    except OSError:
        return "", ""
    finally:
        connection.close()


def until(condition):
    """Try again until it holds; at most 20 seconds."""
    deadline = time.monotonic() + 20
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.05)


def main(haproxy):
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    threading.Thread(target=answer_names, daemon=True).start()
    for address in CONTAINERS:
        server = ThreadingHTTPServer((address, PORT), Server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
    told = {"LENTIGO_ADDRESS": "127.0.0.1", "LENTIGO_PORT": "8600"}
    told |= {"LENTIGO_SERVERS": f"app:{PORT}"}
    process = subprocess.Popen(
        [haproxy, "-db", "-f", str(proxy.CONFIGURATION)], env=os.environ | told
    )
    try:
        cookies = {}

        def both_are_found():
            said, cookie = ask()
            if said in CONTAINERS:
                cookies[said] = cookie
            return len(cookies) == 2

        until(both_are_found)
        for address, cookie in cookies.items():
            assert [ask(cookie) for _ in range(6)] == 6 * [(address, "")]
        gone, left = CONTAINERS
        CONTAINERS.remove(gone)
        until(lambda: ask(cookies[gone]) == (left, cookies[left]))
    finally:
        process.kill()
        process.wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
