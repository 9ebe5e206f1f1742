"""The interface for programs, over a real socket (contract section 5)."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import signal
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

if TYPE_CHECKING:
    from running import Elicence, Server

LICENCES = "/api/v1/licences"
VERIFICATIONS = "/api/v1/verifications"


@pytest.fixture(scope="module")
def client(served: Server) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=served.url, timeout=30, trust_env=False) as opened:
        yield opened


def numbered(running: ModuleType, number: int) -> dict[str, Any]:
    document: dict[str, Any] = running.changed("water-abstraction-1", certificateNumber=f"D990101G2026-{number:04}")
    return document


def problem(answer: httpx2.Response, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["status"] == status
    assert body["code"] == code
    assert body["type"].endswith(code)
    assert body["message"].keys() == {"zh", "en"}
    assert body["title"]
    return body


def test_issue_replay_mismatch_taken(running: ModuleType, client: httpx2.Client) -> None:
    document = numbered(running, 1001) | {"seal": "rsa"}
    key = {"Idempotency-Key": "case 1001"}
    first = client.post(LICENCES, json=document, headers=key)
    assert first.status_code == 201, first.text
    made = first.json()
    assert made["replayed"] is False
    assert made["algorithm"] == "rsa"
    assert first.headers["location"] == f"{LICENCES}/{made['identifier']}"

    again = client.post(LICENCES, json=document, headers=key)
    assert again.status_code == 200
    assert again.json() == made | {"replayed": True}
    assert again.headers["location"] == first.headers["location"]
    # The same request in other words: other order of keys, other white space.
    turned = json.dumps(dict(reversed(document.items())), indent=3)
    headers = key | {"Content-Type": "application/json; charset=utf-8"}
    assert client.post(LICENCES, content=turned, headers=headers).status_code == 200

    other = numbered(running, 1002) | {"seal": "rsa"}
    problem(client.post(LICENCES, json=other, headers=key), 422, "IDEMPOTENCY_MISMATCH")
    problem(client.post(LICENCES, json=document), 409, "DUPLICATE_NUMBER")

    shown = client.get(first.headers["location"])
    assert shown.status_code == 200
    assert shown.json()["status"] == "issued"
    assert shown.json()["files"] == made["files"]
    for kind, media in (
        ("pdf", "application/pdf"), ("json", "application/json"), ("p7s", "application/pkcs7-signature"),
    ):  # fmt: skip
        file = client.get(made["files"][kind]["path"])
        assert (file.status_code, file.headers["content-type"]) == (200, media)
        assert hashlib.sha256(file.content).hexdigest() == made["files"][kind]["sha256"]
        assert made["identifier"] in file.headers["content-disposition"]


def test_many_at_once(running: ModuleType, client: httpx2.Client) -> None:
    def issue(place: int) -> httpx2.Response:
        document = numbered(running, 2000 + place // 2) | {"seal": ("sm2", "rsa")[place // 2 % 2]}
        return client.post(LICENCES, json=document, headers={"Idempotency-Key": f"at once {place // 2}"})

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(issue, range(24)))
    assert sorted(answer.status_code for answer in answers) == [200] * 12 + [201] * 12
    for one, two in zip(answers[::2], answers[1::2], strict=True):
        assert one.json()["identifier"] == two.json()["identifier"]
    for answer in answers[::2]:
        file = client.get(answer.json()["files"]["pdf"]["path"]).content
        report = client.post(VERIFICATIONS, files={"file": ("x.pdf", file)}).json()
        assert report["verdict"] == "passed", report["reason"]


def test_refused_fields_are_named(running: ModuleType, client: httpx2.Client) -> None:
    document = running.changed("water-abstraction-1", certificateNumber="X", sourceType="海水")
    body = problem(client.post(LICENCES, json=document), 422, "FIELDS_INVALID")
    assert {error["pointer"]: error["code"] for error in body["errors"]} == {
        "/data/certificateNumber": "NUMBER_MALFORMED", "/data/sourceType": "NOT_IN_LIST",
    }  # fmt: skip
    assert all(error["message"]["zh"] and error["message"]["en"] for error in body["errors"])
    assert document["data"]["certificateHolderCode"] not in json.dumps(body)


def test_a_megabyte_in_one_field(running: ModuleType, client: httpx2.Client) -> None:
    document = running.changed("water-abstraction-1", abstractionPlace="水" * 350_000)
    answer = client.post(LICENCES, json=document)
    body = problem(answer, 422, "FIELDS_INVALID")
    assert [error["code"] for error in body["errors"]] == ["TOO_LONG"]
    assert len(answer.content) < 1000


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"type": None}, "/type", "REQUIRED"),
        ({"data": None}, "/data", "REQUIRED"),
        ({"data": []}, "/data", "WRONG_FORM"),
        ({"type": 7}, "/type", "WRONG_FORM"),
        ({"seal": "dsa"}, "/seal", "NOT_IN_LIST"),
        ({"secret": 1}, "", "UNKNOWN_FIELD"),
    ],
)
def test_a_body_of_another_form(
    running: ModuleType, client: httpx2.Client, change: dict[str, object], pointer: str, code: str
) -> None:
    document = {key: value for key, value in (numbered(running, 1) | change).items() if value is not None}
    body = problem(client.post(LICENCES, json=document), 422, "FIELDS_INVALID")
    assert [(error["pointer"], error["code"]) for error in body["errors"]] == [(pointer, code)]
    assert "secret" not in json.dumps(body)


def test_an_unknown_type(running: ModuleType, client: httpx2.Client) -> None:
    body = problem(client.post(LICENCES, json=numbered(running, 1) | {"type": "driving"}), 422, "UNKNOWN_TYPE")
    assert body["errors"][0]["pointer"] == "/type"


@pytest.mark.parametrize("content", [b"", b"{", b"[" * 100_000, b'{"type": "a", "type": "b", "data": {}}', b"\xff"])
def test_malformed_json(client: httpx2.Client, content: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    problem(client.post(LICENCES, content=content, headers=headers), 400, "INPUT_MALFORMED")


@pytest.mark.parametrize("media", ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", None])
def test_other_media_types(running: ModuleType, client: httpx2.Client, media: str | None) -> None:
    headers = {"Content-Type": media} if media else {}
    for path in (LICENCES, VERIFICATIONS, "/api/v1/holders/licences"):
        answer = client.post(path, content=json.dumps(numbered(running, 1)).encode(), headers=headers)
        problem(answer, 415, "MEDIA_TYPE_UNSUPPORTED")


def test_too_long_a_key(running: ModuleType, client: httpx2.Client) -> None:
    answer = client.post(LICENCES, json=numbered(running, 1), headers={"Idempotency-Key": "x" * 256})
    problem(answer, 400, "WRONG_USE")


@pytest.mark.parametrize(
    "identifier",
    ["1.2.156.3005.2.11990000000001011Q001.1199010000000102XM.20260000001.001.4", "nonsense", "..", "%00", "x" * 3000],
)
def test_an_unknown_licence(client: httpx2.Client, identifier: str) -> None:
    for path in (f"{LICENCES}/{identifier}", f"{LICENCES}/{identifier}/file?format=pdf"):
        answer = client.get(path)
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"


def test_formats_that_are_not_there(running: ModuleType, client: httpx2.Client) -> None:
    made = client.post(LICENCES, json=numbered(running, 3001)).json()
    address = f"{LICENCES}/{made['identifier']}/file"
    problem(client.get(address, params={"format": "ofd"}), 404, "LICENCE_NOT_FOUND")
    body = problem(client.get(address, params={"format": "exe"}), 422, "FIELDS_INVALID")
    assert body["errors"][0]["pointer"] == "/format"


def test_an_ofd_beside_the_pdf(running: ModuleType, client: httpx2.Client) -> None:
    made = client.post(LICENCES, json=numbered(running, 3002) | {"format": "both"}).json()
    assert made["files"].keys() == {"pdf", "ofd", "json", "p7s"}
    answer = client.get(made["files"]["ofd"]["path"])
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/ofd")
    assert answer.headers["content-disposition"] == f'attachment; filename="{made["identifier"]}.ofd"'
    digest = hashlib.sha256(answer.content).hexdigest()
    assert (made["files"]["ofd"]["sha256"], answer.headers["etag"]) == (digest, f'"{digest}"')
    report = client.post(VERIFICATIONS, files={"file": answer.content}).json()
    assert (report["kind"], report["verdict"]) == ("ofd", "passed")
    address = f"{LICENCES}/{made['identifier']}/file"
    problem(client.get(address, params={"format": "ofd", "document": "x"}), 404, "LICENCE_NOT_FOUND")
    assert client.get(f"{LICENCES}/{made['identifier']}").json()["files"] == made["files"]
    body = problem(
        client.post(LICENCES, json=numbered(running, 3003) | {"format": "ofd", "seal": "rsa"}), 422, "FIELDS_INVALID"
    )
    assert [(one["pointer"], one["code"]) for one in body["errors"]] == [("/format", "OFD_NEEDS_SM2")]


def test_the_licences_of_a_holder(running: ModuleType, client: httpx2.Client) -> None:
    data = running.sample("special-equipment-use-2")["data"]
    wish: dict[str, object] = {"kind": data["certificateHolderTypeCode"], "code": data["certificateHolderCode"]}
    access = dict(running.ACCESS)
    answer = client.post("/api/v1/holders/licences", json=wish | {"access": access})
    assert answer.status_code == 200
    (held,) = answer.json()["licences"]
    assert (held["number"], held["status"], held["valid_to"]) == (data["certificateNumber"], "issued", None)
    body = problem(client.post("/api/v1/holders/licences", json=wish), 422, "FIELDS_INVALID")
    assert {one["pointer"] for one in body["errors"]} == {f"/access/{name}" for name in access}
    del access["reason"]
    body = problem(client.post("/api/v1/holders/licences", json=wish | {"access": access}), 422, "FIELDS_INVALID")
    assert body["errors"][0]["pointer"] == "/access/reason"
    wish["access"] = running.ACCESS
    body = problem(client.post("/api/v1/holders/licences", json=wish | {"kind": "222"}), 422, "HOLDER_KIND_UNKNOWN")
    assert body["errors"][0]["pointer"] == "/kind"
    body = problem(client.post("/api/v1/holders/licences", json=wish | {"code": "123"}), 422, "USCC_MALFORMED")
    assert body["errors"][0]["pointer"] == "/code"


def test_verifying_files(running: ModuleType, served: Server, client: httpx2.Client) -> None:
    made = client.post(LICENCES, json=numbered(running, 4001)).json()
    files = {kind: client.get(file["path"]).content for kind, file in made["files"].items()}
    report = client.post(VERIFICATIONS, files={"file": ("a.pdf", files["pdf"])}).json()
    assert (report["verdict"], report["kind"]) == ("passed", "pdf")
    person = running.sample("water-abstraction-1")["data"]
    assert report["licence"]["certificateHolderName"] == person["certificateHolderName"][0] + "*"
    assert person["certificateHolderCode"] not in json.dumps(report)
    both = {"file": ("a.json", files["json"]), "signature": ("a.p7s", files["p7s"])}
    assert client.post(VERIFICATIONS, files=both).json()["verdict"] == "passed"
    assert client.post(VERIFICATIONS, files={"file": files["json"]}).json()["reason"] == "SEAL_MISSING"
    assert client.post(VERIFICATIONS, files={"file": b""}).json()["reason"] == "FORMAT_EMPTY"
    bad = bytearray(files["pdf"])
    bad[len(bad) // 2] ^= 1
    assert client.post(VERIFICATIONS, files={"file": bytes(bad)}).json()["verdict"] == "failed"


def test_verifying_codes(running: ModuleType, client: httpx2.Client) -> None:
    made = client.post(LICENCES, json=numbered(running, 5001)).json()
    for text in (made["code"], made["verify_url"], made["short_code"], made["code"].lower()):
        report = client.post(VERIFICATIONS, json={"code": text}).json()
        assert (report["verdict"], report["kind"], report["reason"]) == ("indeterminate", "code", "HOLDER_NOT_CHECKED")
        assert report["code"]["identifier"] == made["identifier"]
    person = running.sample("water-abstraction-1")["data"]
    card = {"name": person["certificateHolderName"], "code": person["certificateHolderCode"]}
    checked = client.post(VERIFICATIONS, json={"code": made["code"], "holder": card}).json()
    assert checked["verdict"] == "passed"
    card["name"] = "王五"
    assert client.post(VERIFICATIONS, json={"code": made["code"], "holder": card}).json()["verdict"] == "failed"
    assert client.post(VERIFICATIONS, json={"code": "HELLO"}).json()["reason"] == "FORMAT_CODE"


def test_forms_that_are_not_read(client: httpx2.Client) -> None:
    for files in ({"other": b"x"}, {"signature": b"x"}, {"file": b"x", "more": b"y"}, {"file": (None, b"x")}):
        assert client.post(VERIFICATIONS, files=files).status_code == 400
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    for content in (b"", b"--x\r\n", b"garbage"):
        answer = client.post(VERIFICATIONS, content=content, headers=headers)
        assert answer.status_code == 400, answer.text
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("size", [20 * 1024 * 1024 + 1, 30 * 1024 * 1024])
def test_a_file_over_20_mb(client: httpx2.Client, size: int) -> None:
    problem(client.post(VERIFICATIONS, files={"file": b"%PDF-1.7\n" + bytes(size - 9)}), 413, "INPUT_TOO_LARGE")


def test_a_body_without_an_announced_length(client: httpx2.Client) -> None:
    def parts() -> Iterator[bytes]:
        for _ in range(30):
            yield bytes(1024 * 1024)

    headers = {"Content-Type": "application/json"}
    problem(client.post(LICENCES, content=parts(), headers=headers), 413, "INPUT_TOO_LARGE")


def test_a_client_that_asks_first_sends_nothing(served: Server) -> None:
    host, port = served.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        connection.sendall(
            b"POST /api/v1/licences HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            b"Content-Length: 300000000\r\nExpect: 100-continue\r\n\r\n"
        )
        assert connection.recv(1000).startswith(b"HTTP/1.1 413 ")


def test_unknown_addresses_and_methods(client: httpx2.Client) -> None:
    problem(client.get("/nothing"), 404, "HTTP_404")
    page = client.get("/nothing", headers={"Accept": "text/html,application/xhtml+xml"})
    assert page.status_code == 404
    assert "没有这个地址" in page.text.partition("<h1")[2]
    problem(client.get("/api/v2/licences"), 404, "HTTP_404")
    problem(client.delete(LICENCES), 405, "HTTP_405")
    assert client.get("/static/../cli.py").status_code == 404


def test_health(client: httpx2.Client) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    ready = client.get("/readyz")
    assert (ready.status_code, set(ready.json()["parts"].values())) == (200, {"ok"})


def test_every_answer_has_the_headers(client: httpx2.Client) -> None:
    for path in ("/healthz", "/v", "/v/x", "/nothing", "/docs", "/openapi.json", "/static/page.css", "/api/v1/x"):
        headers = client.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        # The page that scans has a script; nothing else runs any.
        assert ("script-src" in headers["content-security-policy"]) == (path == "/v")
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "server" not in headers
        assert ("no-store" in headers.get("cache-control", "")) == (path != "/static/page.css")


def test_the_description(client: httpx2.Client) -> None:
    document = client.get("/openapi.json").json()
    assert document["openapi"].startswith("3.")
    assert {LICENCES, VERIFICATIONS, "/api/v1/holders/licences", "/healthz", "/readyz"} <= document["paths"].keys()
    text = json.dumps(document)
    assert set(re.findall(r'"#/components/schemas/(\w+)"', text)) <= document["components"]["schemas"].keys()
    body = document["paths"][LICENCES]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert body == {"$ref": "#/components/schemas/IssueBody"}
    page = client.get("/docs")
    assert page.status_code == 200
    assert LICENCES in page.text
    assert "http" not in re.sub(r"HTTP|https?-", "", page.text).replace("http-equiv", "")


def test_the_answers_are_as_described(running: ModuleType, client: httpx2.Client) -> None:
    schemas = client.get("/openapi.json").json()["components"]["schemas"]
    made = client.post(LICENCES, json=numbered(running, 6001)).json()
    shown = client.get(f"{LICENCES}/{made['identifier']}").json()
    report = client.post(VERIFICATIONS, json={"code": made["code"]}).json()
    refused = client.post(LICENCES, json={}).json()
    for body, name in ((made, "IssuedOut"), (shown, "LicenceOut"), (report, "ReportOut"), (refused, "ProblemOut")):
        assert body.keys() == schemas[name]["properties"].keys(), name
    assert report["checks"][0].keys() == schemas["CheckOut"]["properties"].keys()
    assert report["signatures"][0].keys() == schemas["SignatureOut"]["properties"].keys()
    assert report["signatures"][0]["signer"].keys() == schemas["SignerOut"]["properties"].keys()
    assert report["status"].keys() == schemas["StatusOut"]["properties"].keys()
    assert report["code"].keys() == schemas["CodeOut"]["properties"].keys()
    assert refused["errors"][0].keys() == schemas["FieldErrorOut"]["properties"].keys()


@pytest.mark.parametrize(
    "host",
    [
        "elicence.example.com", "10.0.0.1", "127.0.0.1.example.com", "0.0.0.0:8000",
        "a`b.example.com", 'a"b.example.com', "a{b.example.com", "127.0.0.1@example.com", "[", "",
    ],
)  # fmt: skip
def test_a_page_elsewhere_cannot_reach_in(client: httpx2.Client, host: str) -> None:
    problem(client.get(f"{LICENCES}/x", headers={"Host": host}), 403, "FORBIDDEN")
    assert client.get("/v", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
@pytest.mark.parametrize(
    "path", [VERIFICATIONS, "/api/v1/conversions", "/api/v1/conversions/x/resume", "/api/v1/refusals"]
)
def test_a_form_of_another_site_is_refused(client: httpx2.Client, path: str, site: str) -> None:
    answer = client.post(path, files={"file": ("a.csv", b"a")}, headers={"Sec-Fetch-Site": site})
    problem(answer, 403, "FORBIDDEN")


def test_local_names_are_served(client: httpx2.Client) -> None:
    for host in ("localhost:8000", "LOCALHOST", "127.0.0.1", "[::1]:8000"):
        assert client.get(f"{LICENCES}/x", headers={"Host": host}).status_code == 404


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])  # noqa: S104 - what is served there is the matter
def test_other_machines_get_the_public_pages_only(running: ModuleType, stocked: Elicence, host: str) -> None:
    with running.Server(stocked, "--host", host) as server:
        assert server.announced["public_only"] is True
        port = server.url.rpartition(":")[2]
        with httpx2.Client(timeout=60, base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
            for path in ("/v", "/v/ABC", "/V/ABC", "/healthz", "/readyz", "/static/page.css"):
                assert client.get(path).status_code == 200, path
            for path in ("/docs", "/openapi.json", "/", "/desk", f"{LICENCES}/x", f"{LICENCES}/x/file"):
                assert client.get(path).status_code == 404, path
            for path in (LICENCES, VERIFICATIONS, "/api/v1/holders/licences"):
                assert client.post(path, json={}).status_code == 404, path
    assert server.code == 0


def move_database(home: Path) -> None:
    (home / "elicence.db").rename(home / "gone.db")


def remove_key(home: Path) -> None:
    (home / "keys" / "rsa-code.key.pem").unlink()


def remove_anchors(home: Path) -> None:
    shutil.rmtree(home / "trust")


@pytest.mark.parametrize(
    ("harm", "part"), [(move_database, "database"), (remove_key, "keys"), (remove_anchors, "trust")]
)
def test_not_ready_names_what_is_missing(running: ModuleType, stocked: Elicence, harm: object, part: str) -> None:
    assert callable(harm)
    # The answer is remembered for some seconds; to wait for that once is enough.
    code = None if part == "database" else running.WATCHFUL
    with (
        running.Server(stocked, code=code) as server,
        httpx2.Client(timeout=60, base_url=server.url, trust_env=False) as client,
    ):
        assert client.get("/readyz").status_code == 200
        harm(stocked.home)
        deadline = time.monotonic() + 60
        while (answer := client.get("/readyz")).status_code == 200:
            assert time.monotonic() < deadline
            time.sleep(0.2)
        assert answer.status_code == 503
        words = answer.json()["parts"]
        assert {name for name, word in words.items() if word != "ok"} == {part}
        assert client.get("/healthz").status_code == 200


def test_our_own_faults_are_told_without_particulars(running: ModuleType, stocked: Elicence) -> None:
    pdf = next((stocked.home / "issued").glob("*.pdf"))
    with running.Server(stocked) as server, httpx2.Client(timeout=60, base_url=server.url, trust_env=False) as client:
        shutil.rmtree(stocked.home / "files")
        body = problem(client.get(f"{LICENCES}/{pdf.stem}/file"), 503, "FILE_DAMAGED")
        assert str(stocked.home) not in json.dumps(body)
        page = client.get(f"/v/{client.get(f'{LICENCES}/{pdf.stem}').json()['code']}")
        assert page.status_code == 503
        assert "证照库不可用" in page.text


def test_the_log_holds_no_code_and_no_person(running: ModuleType, stocked: Elicence) -> None:
    person = running.sample("water-abstraction-1")["data"]
    with running.Server(stocked) as server, httpx2.Client(timeout=60, base_url=server.url, trust_env=False) as client:
        made = client.post(LICENCES, json=numbered(running, 7001)).json()
        client.get(f"/v/{made['code']}", params={"from": person["certificateHolderCode"]})
        form = {"name": person["certificateHolderName"], "number": person["certificateHolderCode"]}
        client.post(f"/V/{made['code']}", data=form)
        wish = {"kind": "111", "code": person["certificateHolderCode"], "access": running.ACCESS}
        client.post("/api/v1/holders/licences", json=wish)
        client.get(f"{LICENCES}/{made['identifier']}")
    assert server.code == 0
    assert "POST /api/v1/licences 201" in server.log
    assert "GET /v/{code:path} 200" in server.log
    assert "GET /api/v1/licences/{identifier} 200" in server.log
    for secret in (made["code"], made["identifier"], *form.values(), "127.0.0.1"):
        assert secret not in server.log


def test_sigterm_finishes_in_good_order(running: ModuleType, fresh: Elicence) -> None:
    with running.Server(fresh) as server:
        httpx2.get(f"{server.url}/healthz", timeout=60, trust_env=False)
        server.stop(signal.SIGTERM)
    assert server.code == 0
