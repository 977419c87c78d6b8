"""A USIM in Python, written from TS 35.206 and TS 33.102 alone: it shares no line with the server or openes-phone."""

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


class Usim:
    """TS 33.102 annex C.2: one SEQ for each of 32 values of IND, no limit on jumps ahead."""

    def __init__(self, imsi, k, opc, sqn=0):
        self.imsi = imsi
        self._f = Milenage(bytes.fromhex(k), bytes.fromhex(opc))
        self.seq = [sqn >> 5] * 32

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


# TS 35.208 test sets: K, OPc (1 to 6), as the demo subscribers have them.
TEST_SETS = [
    ("465b5ce8b199b49faa5f0a2ee238a6bc", "cd63cb71954a9f4e48a5994e37a02baf"),
    ("0396eb317b6d1c36f19c1c84cd6ffd16", "53c15671c60a4b731c55b4a441c0bde2"),
    ("fec86ba6eb707ed08905757b1bb44b8f", "1006020f0a478bf6b699f15c062e42b3"),
    ("9e5944aea94b81165c82fbf9f32db751", "a64a507ae1a2a98bb88eb4210135dc87"),
    ("4ab1deb05ca6ceb051fc98e77d026a84", "dcf07cbd51855290b92a07a9891e523e"),
    ("6c38a116ac280c454f59332ee35c8c4f", "3803ef5363b947c6aaa225e58fae3934"),
]
