"""Taking a key out of use for ever, and telling the verifiers."""

from dataclasses import replace
from datetime import datetime

from keys import KeysError, Retirement, RetirementReason, read_retirements, write_retirements
from verify import RETIREMENTS_FILE

from .errors import HomeError, UsageError
from .home import Home
from .key_keeping import Kept, kept_in, read_certificates, require_not_fixed
from .key_register import load_register, register_lock, retirements_of
from .messages import Message
from .output import StagedFiles


def retire(
    home: Home, name: str, *, reason: RetirementReason, since: datetime | None, decision: str, at: datetime
) -> Kept:
    """Take a key out of use for ever and tell the verifiers, first of all.

    A compromise may follow an orderly retirement, or be found to have begun earlier; nothing else is taken back.
    """
    at = at.replace(microsecond=0)
    since = at if since is None else since.replace(microsecond=0)
    if since > at:
        raise UsageError("停用时间不能晚于现在。", "a retirement cannot lie in the future")
    if not decision.strip():
        raise UsageError("请写明依据（--decision）。", "say who decided, or under which number (--decision)")
    with register_lock(home):
        register = load_register(home)
        key = register.get(name)
        require_not_fixed(key)
        worse = reason is RetirementReason.COMPROMISE and (
            key.retired is RetirementReason.ORDERLY or (key.retired_since is not None and since < key.retired_since)
        )
        if key.retired is not None and not worse:
            raise UsageError("该密钥已停用。", "the key is retired already")
        digests = dict.fromkeys(key.certificates)
        if key.chain is not None:
            digests[read_certificates(home, key)[0].fingerprint("sha256").hex()] = None
        retired = replace(
            key,
            certificates=tuple(digests),
            retired=reason,
            retired_since=since,
            retired_at=at,
            decision=decision.strip(),
        )
        _publish(home, retirements_of(retired))
        warnings = []
        if register.active(key.family, key.role, at) == key:
            warnings.append(
                Message(
                    zh="这是正在使用的密钥：在启用另一把密钥（rotate）之前不能签发。",
                    en="it was the key in use: nothing is issued with this family until another one is (rotate)",
                )
            )
        return kept_in(home, register, retired, at, tuple(warnings))


def _publish(home: Home, retirements: tuple[Retirement, ...]) -> None:
    path = home.trust / RETIREMENTS_FILE
    try:
        known = {retirement.certificate_digest: retirement for retirement in read_retirements(path.read_bytes())}
    except FileNotFoundError:
        known = {}
    except (OSError, KeysError) as error:
        raise HomeError(f"停用名单无法读取：{path}", f"the list of retired keys cannot be read: {path}") from error
    known.update({retirement.certificate_digest: retirement for retirement in retirements})
    with StagedFiles(home.trust, mode=0o644) as staged:
        staged.stage({RETIREMENTS_FILE: write_retirements(known.values())})
        staged.put()
