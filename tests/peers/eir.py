#!/usr/bin/python3
"""An EIR over N5g-eir, HTTP/2 (TS 29.511).

POST /control sets, for all requests until the next: `delay` (never answers), `status` with `cause`, `body` (text answered with
200). POST /equipment: {imei of 14 digits: status, or null}. GET /seen gives what was asked since the last /control.
"""

import asyncio
import json
import re

import web

PEI = re.compile(r"imei-([0-9]{14})([0-9])\Z")


def check_digit(imei):
    doubled = [int(d) * (1 + i % 2) for i, d in enumerate(imei)]
    return str(-sum(d // 10 + d % 10 for d in doubled) % 10)


class Eir:
    def __init__(self):
        self.server = None
        self.equipment, self.told, self.seen = {}, {}, []

    async def __call__(self, request):
        if request.path == "/control":
            self.told, self.seen = json.loads(request.body), []
            return web.as_json({})
        if request.path == "/equipment":
            self.equipment |= json.loads(request.body)
            return web.as_json({})
        if request.path == "/seen":
            return web.as_json(self.seen)
        self.seen.append({"path": request.path, "protocol": request.protocol, "query": request.query})
        if self.told.get("delay"):
            await asyncio.Event().wait()
        if "status" in self.told:
            return self.problem(self.told["status"], self.told.get("cause"))
        if "body" in self.told:
            return web.Answer(200, self.told["body"].encode(), {"content-type": "application/json"})
        return self.answer(request)

    @staticmethod
    def problem(status, cause):
        return web.as_json({"status": status, "cause": cause}, status, "application/problem+json")

    def answer(self, request):
        if request.path != "/n5g-eir-eic/v1/equipment-status" or request.method != "GET":
            return self.problem(404, "RESOURCE_URI_STRUCTURE_NOT_FOUND")
        pei = request.query.get("pei", "")
        match = PEI.match(pei[0] if isinstance(pei, list) else pei)
        if not match or check_digit(match[1]) != match[2]:
            return self.problem(400, "MANDATORY_QUERY_PARAM_INCORRECT")
        status = self.equipment.get(match[1])
        return web.as_json({"status": status}) if status else self.problem(404, "ERROR_EQUIPMENT_UNKNOWN")


def main():
    asyncio.run(web.main(Eir, web.parser().parse_args()))


if __name__ == "__main__":
    main()
