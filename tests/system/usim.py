"""A USIM in Python, written from TS 35.206, TS 35.231 and TS 33.102 alone: it shares no line with the server or openes-phone."""

import hashlib
import hmac

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes


def _xor(a, b):
    return bytes(x ^ y for x, y in zip(a, b))


def _rot(block, octets):
    return block[octets:] + block[:octets]


class Milenage:
    def __init__(self, k, opc):
        self._aes = Cipher(algorithms.AES(k), modes.ECB())
        self._opc = opc

    def _e(self, block):
        return self._aes.encryptor().update(block)

    def _out(self, temp, octets, last):
        return _xor(self._e(_xor(_rot(_xor(temp, self._opc), octets), bytes(15) + bytes([last]))), self._opc)

    def f1(self, rand, sqn, amf):
        """MAC-A and MAC-S."""
        temp = self._e(_xor(rand, self._opc))
        in1 = _rot(_xor((sqn + amf) * 2, self._opc), 8)
        out = _xor(self._e(_xor(temp, in1)), self._opc)
        return out[:8], out[8:]

    def f2345(self, rand):
        """RES, CK, IK, AK and AK*."""
        temp = self._e(_xor(rand, self._opc))
        out2 = self._out(temp, 0, 1)
        return out2[8:], self._out(temp, 4, 2), self._out(temp, 8, 4), out2[:6], self._out(temp, 12, 8)[:6]


def _keccak(state):
    """Keccak-f[1600] on 25 lanes, lane (x, y) at x + 5y; the constants come from the LFSR of FIPS 202 3.2.5."""
    mask, register = (1 << 64) - 1, 1

    def rol(v, n):
        return (v << n | v >> (64 - n)) & mask if n else v

    for _ in range(24):
        c = [state[x] ^ state[x + 5] ^ state[x + 10] ^ state[x + 15] ^ state[x + 20] for x in range(5)]
        d = [c[(x - 1) % 5] ^ rol(c[(x + 1) % 5], 1) for x in range(5)]
        state = [state[i] ^ d[i % 5] for i in range(25)]
        turned, x, y = [0] * 25, 1, 0
        turned[0] = state[0]
        for t in range(24):
            turned[y + 5 * ((2 * x + 3 * y) % 5)] = rol(state[x + 5 * y], (t + 1) * (t + 2) // 2 % 64)
            x, y = y, (2 * x + 3 * y) % 5
        state = [turned[i] ^ (~turned[i - i % 5 + (i + 1) % 5] & turned[i - i % 5 + (i + 2) % 5] & mask) for i in range(25)]
        for bit in range(7):
            if register & 1:
                state[0] ^= 1 << ((1 << bit) - 1)
            register = (register << 1) ^ (0x171 if register & 0x80 else 0)
    return state


class Tuak:
    """With the lengths of EAP: MAC of 64 bits, CK and IK of 128."""

    def __init__(self, k, topc, res=8, iterations=1):
        self._k, self._topc, self._res, self._iterations = k, topc, res, iterations

    def _run(self, instance, rand, sqn=bytes(6), amf=bytes(2)):
        data = bytearray(200)
        for at, value in ((0, self._topc), (33, b"TUAK1.0"), (40, rand), (56, amf), (58, sqn), (64, self._k)):
            data[at:at + len(value)] = value[::-1]
        data[32] = instance | (1 if len(self._k) == 32 else 0)
        data[96], data[135] = 0x1f, 0x80
        lanes = [int.from_bytes(data[i:i + 8], "little") for i in range(0, 200, 8)]
        for _ in range(self._iterations):
            lanes = _keccak(lanes)
        out = b"".join(lane.to_bytes(8, "little") for lane in lanes)
        return lambda at, size: out[at:at + size][::-1]

    def f1(self, rand, sqn, amf):
        """MAC-A and MAC-S."""
        return self._run(0x08, rand, sqn, amf)(0, 8), self._run(0x88, rand, sqn, amf)(0, 8)

    def f2345(self, rand):
        """RES, CK, IK, AK and AK*."""
        out = self._run(0x40 | (0 if self._res == 4 else self._res), rand)
        return out(0, self._res), out(32, 16), out(64, 16), out(96, 6), self._run(0xc0, rand)(96, 6)


class Usim:
    """TS 33.102 annex C.2: one SEQ for each of 32 values of IND, no limit on jumps ahead."""

    def __init__(self, imsi, k, opc, sqn=0, functions=None):
        self.imsi = imsi
        self._f = functions or Milenage(bytes.fromhex(k), bytes.fromhex(opc))
        self.seq = [sqn >> 5] * 32

    def move_ahead(self):
        """Of the network; but by less than a card that starts at 0 accepts in one step (2**28), since other tests' phones have this SIM, too."""
        self.seq = [max(self.seq) + (1 << 24)] * 32

    def authenticate(self, rand, autn):
        """("ok", res, ck, ik), ("auts", auts) or ("mac",)."""
        res, ck, ik, ak, ak_s = self._f.f2345(rand)
        sqn, amf, mac = _xor(autn[:6], ak), autn[6:8], autn[8:]
        if self._f.f1(rand, sqn, amf)[0] != mac:
            return ("mac",)
        number = int.from_bytes(sqn, "big")
        seq, ind = number >> 5, number & 31
        if seq <= self.seq[ind]:
            sqn_ms = (max(self.seq) << 5).to_bytes(6, "big")
            return ("auts", _xor(sqn_ms, ak_s) + self._f.f1(rand, sqn_ms, b"\0\0")[1])
        self.seq[ind] = seq
        return ("ok", res, ck, ik)


def ck_ik_prime(ck, ik, network, autn):
    """CK' and IK' of TS 33.402 annex A.2."""
    name = network.encode()
    both = hmac.new(ck + ik, b"\x20" + name + len(name).to_bytes(2, "big") + autn[:6] + b"\0\x06", hashlib.sha256).digest()
    return both[:16], both[16:]


def k_aut_prime(identity, ck_prime, ik_prime):
    """K_aut of RFC 9048 3.3: octets 16 to 47 of PRF'(IK' | CK', "EAP-AKA'" | Identity)."""
    out, block = b"", b""
    for n in (1, 2):
        block = hmac.new(ik_prime + ck_prime, block + b"EAP-AKA'" + identity.encode() + bytes([n]), hashlib.sha256).digest()
        out += block
    return out[16:48]


# TS 35.208 test sets: K, OPc (1 to 6), as the demo subscribers have them.
TEST_SETS = [
    ("465b5ce8b199b49faa5f0a2ee238a6bc", "cd63cb71954a9f4e48a5994e37a02baf"),
    ("0396eb317b6d1c36f19c1c84cd6ffd16", "53c15671c60a4b731c55b4a441c0bde2"),
    ("fec86ba6eb707ed08905757b1bb44b8f", "1006020f0a478bf6b699f15c062e42b3"),
    ("9e5944aea94b81165c82fbf9f32db751", "a64a507ae1a2a98bb88eb4210135dc87"),
    ("4ab1deb05ca6ceb051fc98e77d026a84", "dcf07cbd51855290b92a07a9891e523e"),
    ("6c38a116ac280c454f59332ee35c8c4f", "3803ef5363b947c6aaa225e58fae3934"),
]


def demo_imsi(n):
    return f"0010100000000{n:02}"


def demo_usim(n):
    """The SIM of demo subscriber n."""
    return Usim(demo_imsi(n), *TEST_SETS[(n - 1) % 6])


# TS 35.233 test sets 1 and 2: K, TOPc.
TUAK_SETS = [
    ("ab" * 16, "bd04d9530e87513c5d837ac2ad954623a8e2330c115305a73eb45d1f40cccbff"),
    ("fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0efeeedecebeae9e8e7e6e5e4e3e2e1e0", "305425427e18c503c8a4b294ea72c95d0c36c6c6b29d0c65de5974d5977f8524"),
]
