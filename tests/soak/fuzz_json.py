"""Damage to JSON and to codes that keeps their form, so that it reaches what stands inside."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import cbor2
from fuzz_der import byte_damage, mutated

Form = Callable[[Any], bytes]

_VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 1 << 53, (1 << 53) - 1, -(1 << 64), 10**400, 0.5, 1e308, "", " ", "\x00", "长期"),
    *("\ud800", "a" * 5000, "9" * 5000, [], {}, [[]], {"": None}, "2026-02-30", "0001-01-01", "9999-12-31", "+1"),
    *("0001-01-01T00:00:00+08:00", "9999-12-31T23:59:59-12:00", "2026-11-21T10:30:00", "sm3:", "sha256:" + "0" * 64),
    *("1.2.156.3005.2", "1.2.156.3005.2.11990000000001011Q001.1199010000000102XM.20260000001.001.4", "𬱖㛃", "\u202e"),
)


def canonical(document: Any) -> bytes:
    """As our structured licences and seal manifests are written."""
    text = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode("utf-8", "surrogatepass")


def indented(document: Any) -> bytes:
    """As the file of retired keys is written."""
    return json.dumps(document, ensure_ascii=True, indent=1, sort_keys=True).encode() + b"\n"


def mutated_json(chance: Random, data: bytes, corpus: Sequence[bytes], form: Form) -> bytes:
    """The document with some values changed, mostly still in its one form."""
    if chance.random() < 0.2:
        return byte_damage(chance, data)
    document = json.loads(data)
    for _ in range(chance.choices((1, 2, 5), (70, 20, 10))[0]):
        document = _replaced(chance, document, corpus)
    written = form(document)
    return byte_damage(chance, written) if chance.random() < 0.1 else written


def _replaced(chance: Random, document: Any, corpus: Sequence[bytes]) -> Any:
    holder, key = None, None
    value = document
    # One step deeper at a time, so that places near the root are met as often as those deep inside.
    while isinstance(value, dict | list) and value and (holder is None or chance.random() < 0.8):
        holder, key = value, chance.choice(list(value)) if isinstance(value, dict) else chance.randrange(len(value))
        value = value[key]
    if holder is None:
        return chance.choice(_VALUES)
    match chance.randrange(9):
        case 0:
            del holder[key]
        case 1 if isinstance(holder, dict):
            holder[chance.choice(("format", "x", "", "rows", "value", str(key).upper()))] = holder.pop(key)
        case 1 | 2 if isinstance(holder, list):
            times = chance.choices((2, 10, 250, 25_000), (60, 25, 13, 2))[0]
            holder[key : key + 1] = [value] * times  # type: ignore[operator, misc]
        case 3:
            holder[key] = {"a": value} if chance.random() < 0.5 else [value]
        case 4:
            other = json.loads(chance.choice(corpus))
            holder[key] = chance.choice(list(other.values())) if isinstance(other, dict) and other else other
        case 5:
            deep: Any = value
            for _ in range(chance.choice((5, 50, 900))):
                deep = [deep]
            holder[key] = deep
        case 6 if isinstance(value, str) and value:
            at = chance.randrange(len(value))
            holder[key] = value[:at] + chance.choice(("", "0", "é", "\n", "Z", "=", value)) + value[at + 1 :]
        case 7 if isinstance(value, str) and len(value) > 100:
            holder[key] = _within_base64(chance, value)
        case _:
            holder[key] = chance.choice(_VALUES)
    return document


def _within_base64(chance: Random, text: str) -> str:
    try:
        content = base64.b64decode(text, validate=True)
    except ValueError:
        return text[::-1]
    return base64.b64encode(mutated(chance, content, (content,))).decode()


def mutated_code(chance: Random, data: bytes, corpus: Sequence[bytes]) -> bytes:
    """The text of a code with characters, bytes or CBOR entries changed."""
    kind = chance.randrange(4)
    if kind == 0:
        return byte_damage(chance, data)
    head, marker, code = data.rpartition(b"/V/")
    token = base64.b32decode(code + b"=" * (-len(code) % 8))
    payload, signature = token[:-64], token[-64:]
    if kind == 1:
        token = byte_damage(chance, token)
    elif kind == 2:
        payload = byte_damage(chance, payload)
        token = payload + signature
    else:
        items: Any = cbor2.loads(payload)
        values = (*items.values(), *_CBOR, *(value for value in _VALUES if not _is_lone_half(value)))
        for _ in range(chance.choice((1, 1, 2))):
            key = chance.choice((*items, 0, 11, -1, "1"))
            if chance.random() < 0.2:
                items.pop(key, None)
            else:
                items[key] = chance.choice(values)
        token = cbor2.dumps(items, canonical=chance.random() < 0.9) + signature
    text = base64.b32encode(token).rstrip(b"=")
    return head + marker + (text.lower() if chance.random() < 0.1 else text)


def _is_lone_half(value: object) -> bool:
    return value == "\ud800"


_CBOR: tuple[Any, ...] = (
    *(b"", bytes(8), bytes(32), b"\xff" * 32, -719_162, 2_932_896, 2_932_897, 1 << 16, 1 << 20, 1 << 32, 1 << 70),
    *(cbor2.CBORTag(0, "2026-11-21T00:00:00Z"), cbor2.CBORTag(2, b"\xff" * 20), cbor2.undefined, float("nan")),
)
