"""What `deploy/` offers: the units are sound, their commands exist, and the bundle installs without a network."""

import json
import os
import re
import shlex
import shutil
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from api.cli import _parse

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").iterdir())


def commands() -> list[str]:
    """Every command line of ours in a unit, a Dockerfile or a comment of the compose file."""
    found = []
    for path in sorted(one for one in DEPLOY.rglob("*") if one.is_file()):
        text = path.read_text("utf-8").replace("\\\n#", " ").replace("\\\n", " ")
        found += re.findall(r"(?:/opt/elicence/bin/elicence|run --rm elicence) ([^'\n]+)", text)
        found += [
            " ".join(re.findall(r'"([^"]+)"', line)) for line in re.findall(r"^CMD (\[.*\])$", text, re.MULTILINE)
        ]
    return found


def test_there_are_commands() -> None:
    assert len(commands()) >= 4


@pytest.mark.parametrize("command", commands())
def test_every_command_exists(command: str) -> None:
    words = [word for word in shlex.split(command) if not word.startswith("$")]
    assert callable(_parse(words).run)


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_units_are_sound(unit: Path, tmp_path: Path) -> None:
    """By systemd's own judgement, with programs in place of ours: those are not where the units will find them."""
    for path in UNITS:
        text = path.read_text("utf-8").replace("/opt/elicence/bin/elicence", "/bin/true")
        (tmp_path / path.name).write_text(text, "utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", tmp_path / unit.name],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    about_ours = [line for line in done.stderr.splitlines() if "elicence" in line]
    assert about_ours == []


class Advisories(BaseHTTPRequestHandler):
    """A service that knows a vulnerability of some packages, and nothing of others."""

    vulnerable: frozenset[str] = frozenset()

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))["package"]["name"]
        ranges = [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "9999"}]}]
        affected = [{"package": {"name": asked, "ecosystem": "PyPI"}, "ranges": ranges}]
        day = "2026-11-01T00:00:00Z"
        found = {"id": "TEST-1", "details": "a test", "modified": day, "published": day, "affected": affected}
        body = json.dumps({"vulns": [found]} if asked in self.vulnerable else {}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.mark.soak
@pytest.mark.parametrize(
    ("vulnerable", "code"), [(frozenset(), 0), (frozenset({"pillow"}), 1), (None, 2)], ids=["none", "one", "no service"]
)
def test_the_audit_of_dependencies(vulnerable: frozenset[str] | None, code: int) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Advisories) as server:
        Advisories.vulnerable = vulnerable or frozenset()
        threading.Thread(target=server.serve_forever, daemon=True).start()
        port = 9 if vulnerable is None else server.server_port
        env = os.environ | {"OSV_URL": f"http://127.0.0.1:{port}/v1/query"}
        done = subprocess.run([DEPLOY / "audit"], env=env, capture_output=True, text=True, timeout=300, check=False)
        server.shutdown()
    assert done.returncode == code, done.stdout + done.stderr
    assert ("TEST-1" in done.stdout) == (code == 1)


@pytest.mark.soak
def test_the_bundle_installs_without_a_network(tmp_path: Path) -> None:
    subprocess.run([DEPLOY / "bundle"], check=True, capture_output=True, timeout=600)
    (bundle,) = (ROOT / "dist").glob("elicence-*.tar.gz")
    shutil.unpack_archive(bundle, tmp_path, filter="data")
    (folder,) = (one for one in tmp_path.iterdir() if one.is_dir())
    script = f"""
        set -e
        cd {shlex.quote(str(folder))}
        ./install {tmp_path}/opt
        cd {tmp_path}
        opt/bin/elicence --home home demo --no-serve --samples {ROOT}/fixtures/paper
        for file in home/issued/*.pdf; do opt/bin/elicence --home home verify "$file"; done
    """
    # A network of its own, in which there is nothing.
    done = subprocess.run(
        ["unshare", "--map-root-user", "--net", "sh", "-c", script],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "通过" in done.stdout
