"""The LPA of openes-phone's eUICC: its door (--lpa), behind which the tests' SM-DP+ (tests/peers/smdp) delivers profiles.

    with_door = Lpa(keys, dp)        # keys: people.Keys; openes-phone ... --lpa with_door.url --lpa-ca keys.ca
"""

import json

import people


class Lpa(people._Server):
    """`dp` delivers as SmDp does: download(code, eid, confirmation_code), download_by_address(address, eid), delete(iccid). `asked` has what
    came; a refusal is 409 with the codes of SGP.22."""

    def __init__(self, keys, dp):
        self.dp, self.asked = dp, []
        super().__init__(keys)
        self.url = f"https://127.0.0.1:{self.port}/lpa"

    def answer(self, request):
        door, asked = request.path.removeprefix("/lpa/"), json.loads(request.body)
        self.asked.append((door, asked))
        try:
            if door == "delete":
                self.dp.delete(asked["iccid"].rstrip("F"))
                return 200, {}, {}
            code = {"confirmation_code": asked["confirmation_code"]} if "confirmation_code" in asked else {}
            if "activation_code" in asked:
                profile = self.dp.download(asked["activation_code"], asked["eid"], **code)
            else:
                profile = self.dp.download_by_address(asked["smdp_address"], asked["eid"], **code)
        except Exception as refused:  # of the double, whose type is its own
            return 409, {}, {"error": str(refused)}
        return 200, {}, {"iccid": profile.iccid}
