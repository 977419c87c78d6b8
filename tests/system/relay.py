"""RADIUS on one side, TS.43 on the other: lets an unmodified EAP-AKA supplicant (eapol_test) authenticate to openes.

Only what eapol_test needs of RFC 2865 and RFC 3579: Access-Request with EAP-Message, State and Message-Authenticator.
"""

import hashlib
import hmac
import os
import socket
import threading

from ts43 import EAP_RELAY, XML, Client, params

USER_NAME, STATE, EAP_MESSAGE, MESSAGE_AUTHENTICATOR = 1, 24, 79, 80
REQUEST, ACCEPT, REJECT, CHALLENGE = 1, 2, 3, 11


def _attributes(packet):
    out, at = [], 20
    while at + 2 <= len(packet):
        out.append((packet[at], packet[at + 2:at + packet[at + 1]]))
        at += packet[at + 1]
    return out


class Relay(threading.Thread):
    def __init__(self, stack, secret=b"radius"):
        super().__init__(daemon=True)
        self._stack, self._secret, self._sessions = stack, secret, {}
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.statuses, self.identities, self.document = [], [], None

    def close(self):
        self._socket.close()

    def run(self):
        while True:
            try:
                packet, peer = self._socket.recvfrom(4096)
            except OSError:
                return
            self._socket.sendto(self._answer(packet), peer)

    def _verify(self, packet):
        at = 20
        while packet[at] != MESSAGE_AUTHENTICATOR:
            at += packet[at + 1]
        zeroed = packet[:at + 2] + bytes(16) + packet[at + 18:]
        assert hmac.new(self._secret, zeroed, hashlib.md5).digest() == packet[at + 2:at + 18]

    def _reply(self, request, code, eap, state):
        attrs = b"".join(bytes([EAP_MESSAGE, len(part) + 2]) + part for part in (eap[i:i + 253] for i in range(0, len(eap), 253)))
        if state:
            attrs += bytes([STATE, len(state) + 2]) + state
        attrs += bytes([MESSAGE_AUTHENTICATOR, 18])
        head = bytes([code, request[1]]) + (20 + len(attrs) + 16).to_bytes(2, "big")
        mac = hmac.new(self._secret, head + request[4:20] + attrs + bytes(16), hashlib.md5).digest()
        auth = hashlib.md5(head + request[4:20] + attrs + mac + self._secret).digest()
        return head + auth + attrs + mac

    def _answer(self, packet):
        self._verify(packet)
        attrs = _attributes(packet)
        eap = b"".join(value for kind, value in attrs if kind == EAP_MESSAGE)
        state = next((value for kind, value in attrs if kind == STATE), b"")
        if eap[4] == 1:  # EAP-Response/Identity takes the place of EAP_ID
            client, cookie = Client(self._stack), None
            self.identities.append(eap[5:].decode())
            answer = client.get(params(EAP_ID=eap[5:].decode()), accept=EAP_RELAY)
            state = os.urandom(8)
        else:
            client, cookie = self._sessions.pop(state)
            answer = client.relay(eap, cookie, accept=EAP_RELAY + ", " + XML)
        self.statuses.append(answer.status)
        if answer.status == 200 and answer.type == EAP_RELAY:
            self._sessions[state] = (client, answer.cookie())
            return self._reply(packet, CHALLENGE, answer.packet(), state)
        client.close()
        if answer.status == 200:
            self.document = answer
            return self._reply(packet, ACCEPT, bytes([3, eap[1], 0, 4]), b"")
        return self._reply(packet, REJECT, bytes([4, eap[1], 0, 4]), b"")
