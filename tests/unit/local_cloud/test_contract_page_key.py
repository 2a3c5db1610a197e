"""The page of the contract says when the API key is missing or wrong, and keeps it for the tab. Run by Node.js."""

import json
import shutil
import subprocess
from pathlib import Path

from terraform_world import unavailable

SCRIPT = Path(__file__).resolve().parents[3] / "local_cloud/gateway/contract_page.js"
BROWSER = """
const fs = require("fs");
const kept = new Map(JSON.parse(process.argv[2]));
const told = [];
const input = { value: "" };
input.addEventListener = (_, listener) => {
  input.type = (text) => { input.value = text; listener(); };
};
const notice = { set textContent(text) { told.push(text); } };
const parts = { key: input, "key-notice": notice, contract: { dataset: { url: "/v1/openapi.json" } } };
global.document = { getElementById: (name) => parts[name] };
global.sessionStorage = {
  getItem: (name) => kept.get(name) || null,
  setItem: (name, value) => kept.set(name, value),
  removeItem: (name) => kept.delete(name),
};
const sent = [];
let page;
global.SwaggerUIBundle = (options) => {
  page = options;
  return {
    preauthorizeApiKey: (scheme, key) => sent.push([scheme, key]),
    authActions: { logout: (all) => sent.push(all) },
  };
};
eval(fs.readFileSync(process.argv[1], "utf8"));
page.onComplete();
eval(process.argv[3]);
console.log(JSON.stringify({ told, sent, kept: [...kept], shown: input.value, url: page.url }));
"""


def visit(actions: str, **kept: str) -> dict:
    """What the page tells, sends and keeps; `kept` is what the tab has from before."""
    if not shutil.which("node"):
        unavailable("Node.js is needed to run the page's script")
    remembered = json.dumps([[f"faceprint-{name}".replace("_", "-"), value] for name, value in kept.items()])
    command = ["node", "-e", BROWSER, "--", str(SCRIPT), remembered, actions]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_missing_key_is_told_at_once_and_when_a_request_is_refused_for_it() -> None:
    seen = visit("page.responseInterceptor({ status: 403 })")

    assert seen["url"] == "/v1/openapi.json"
    assert seen["told"][0].startswith("No API key yet: paste the one that `make run` printed")
    assert seen["told"][1].startswith("The request was refused for want of an API key")


def test_a_key_is_sent_and_remembered_and_a_reload_does_not_ask_again() -> None:
    typed = visit("input.type(' secret ')")
    again = visit("", api_key="secret")

    assert typed["sent"][-1] == ["api_key", "secret"]
    assert typed["kept"] == [["faceprint-api-key", "secret"]]
    assert (again["shown"], again["sent"]) == ("secret", [["api_key", "secret"]])


def test_a_wrong_key_is_told_and_an_emptied_field_forgets_it() -> None:
    refused = visit("page.responseInterceptor({ status: 403 })", api_key="wrong")
    emptied = visit("input.type('')", api_key="secret")

    assert refused["told"][-1].startswith("This key was refused")
    assert (emptied["kept"], emptied["sent"][-1]) == ([], ["api_key"])
