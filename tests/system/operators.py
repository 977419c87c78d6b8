"""A client of the operators' API that holds every answer against docs/openapi.yaml."""

import json
import re
import ssl
import urllib.error
import urllib.request

import jsonschema
import yaml
from stack import ROOT

API = yaml.safe_load((ROOT / "docs/openapi.yaml").read_text())
METHODS = ("get", "put", "post", "patch", "delete")


def resolve(node):
    """References inside the file, replaced by what they name."""
    if isinstance(node, dict):
        if "$ref" in node:
            target = API
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            return resolve(target)
        return {k: resolve(v) for k, v in node.items()}
    return [resolve(v) for v in node] if isinstance(node, list) else node


def operations():
    """(METHOD, path template, operation) of the whole file."""
    return [(m.upper(), path, item[m]) for path, item in API["paths"].items() for m in METHODS if m in item]


def operation_of(method, path):
    for found, template, operation in operations():
        pattern = "".join("[^/:]+" if part.startswith("{") else re.escape(part) for part in re.split(r"(\{[^}]+\})", template))
        if found == method and re.fullmatch(pattern, path):
            return operation
    raise AssertionError(f"{method} {path} is not in docs/openapi.yaml")


class Operators:
    def __init__(self, stack, token=None):
        self._stack, self._token = stack, token or stack.admin_token
        self._base = f"https://127.0.0.1:{stack.admin_port}"
        self._context = ssl.create_default_context(cafile=stack.ca)
        self.headers = {}

    def as_(self, token):
        return Operators(self._stack, token)

    def raw(self, method, path, data=None, headers=None):
        """Status, headers and octets of an answer to anything at all."""
        request = urllib.request.Request(self._base + path, method=method, data=data, headers={"Authorization": f"Bearer {self._token}", **(headers or {})})
        try:
            with urllib.request.urlopen(request, context=self._context, timeout=30) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read()

    def __call__(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        status, self.headers, text = self.raw(method, path, data, {} if body is None else {"Content-Type": "application/json"})
        value = json.loads(text) if text else None
        responses = operation_of(method, path.split("?")[0])["responses"]
        assert str(status) in responses, f"{method} {path}: {status} is not in docs/openapi.yaml: {value}"
        content = resolve(responses[str(status)]).get("content", {}).get("application/json")
        if content:
            jsonschema.Draft202012Validator(content["schema"]).validate(value)
        else:
            assert value is None
        return status, value
