"""The commands of the pages about keys are run as they stand; a CA answers each request that they leave."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from types import ModuleType

import pytest
from elicence_process import put_on_path
from outside_ca import OutsideCa

import keys

PAGES = Path(__file__).parents[2] / "docs" / "how-to"


def commands(page: str) -> list[str]:
    blocks = re.findall(r"^```console\n(.*?)^```", (PAGES / page).read_text("utf-8"), re.DOTALL | re.MULTILINE)
    return [line.removeprefix("$ ") for block in blocks for line in block.splitlines()]


def run_page(running: ModuleType, home: Path, page: str, folder: Path, env: dict[str, str]) -> list[str]:
    """Run every command in bash, in a folder with a home; return what they printed."""
    shutil.copytree(home, folder / ".elicence")
    (folder / "bin").mkdir()
    path, descriptor = put_on_path(folder / "bin")
    authorities: dict[str, OutsideCa] = {}
    printed = []
    for command in commands(page):
        done = subprocess.run(
            ["bash", "-c", command], cwd=folder, env=running.environment({**env, "PATH": path}),
            capture_output=True, text=True, timeout=60, check=False, pass_fds=[descriptor],
        )  # fmt: skip
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        printed.append(done.stdout)
        for request in folder.glob("*.csr"):
            if not request.with_suffix(".pem").exists():
                kind = keys.parse_request(request.read_bytes()).algorithm.name
                ca = authorities.setdefault(kind, OutsideCa(kind))
                request.with_suffix(".pem").write_bytes(ca.answer(request.read_bytes()))
                keys.write_certificates(folder / "ca-root.pem", (ca.root,))
                if "ca-root.pem" not in " ".join(commands(page)):
                    ca.trust_in(folder / ".elicence" / "trust")
    return printed


def test_a_real_certificate(running: ModuleType, empty_home: Path, tmp_path: Path) -> None:
    *_, last = run_page(running, empty_home, "keys-real-certificate.md", tmp_path, {})
    assert "使用中 active" in last


def test_rotation(running: ModuleType, empty_home: Path, tmp_path: Path) -> None:
    printed = run_page(running, empty_home, "rotate-keys.md", tmp_path, {})
    assert "已定时启用 scheduled" in printed[5]
    assert "已停用 retired" in printed[-1]


def test_compromise(running: ModuleType, empty_home: Path, tmp_path: Path) -> None:
    *_, last = run_page(running, empty_home, "key-compromise.md", tmp_path, {})
    assert "compromise, 2026-11-20 18:00:00 UTC+08:00, 样审〔2026〕7 号" in last


def test_a_file_under_a_passphrase(running: ModuleType, empty_home: Path, tmp_path: Path) -> None:
    run_page(running, empty_home, "keys-in-files.md", tmp_path, {"CODE_PASSPHRASE": "only a test"})
    assert b"ENCRYPTED" in (tmp_path / ".elicence" / "keys" / "code-2027.key.pem").read_bytes()


def test_a_device(running: ModuleType, empty_home: Path, tmp_path: Path) -> None:
    for program in ("softhsm2-util", "pkcs11-tool"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is missing: install the Debian packages softhsm2 and opensc")
    (tmp_path / "tokens").mkdir()
    configuration = tmp_path / "softhsm2.conf"
    configuration.write_text(f"directories.tokendir = {tmp_path / 'tokens'}\nlog.level = ERROR\n", "utf-8")
    env = {"SOFTHSM2_CONF": str(configuration), "SEAL_PIN": "1234"}
    *_, last = run_page(running, empty_home, "keys-in-a-device.md", tmp_path, env)
    assert "已登记密钥" in last
    assert "1234" not in last
