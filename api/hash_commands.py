"""Signatures whose document stays where it is: `elicence digest` and `elicence verify --digest`."""

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import UsageError
from .parsing import AddCommand, Group

if TYPE_CHECKING:
    # Loaded when a command runs: `--help` and a slip of the hand need none of it.
    from .answer import Answer
    from .presented import Presented

_OF = ("file", "licence", "pdf")


def add_digest_parser(add: AddCommand, to: Group) -> None:
    """Add the command below `elicence`."""
    digest = add("digest", _digest, "只取指纹和签名，文件不出本机 what to send instead of a file", to)
    digest.add_argument("input", metavar="FILE", help="PDF，或旁边有 .p7s 的文件 PDF, or a file with .p7s beside it")


def add_digest_arguments(verify: argparse.ArgumentParser) -> None:
    """Add what makes `elicence verify` judge a signature over a digest."""
    verify.add_argument(
        "--digest", metavar="NAME:HEX", action="append", default=[], help="指纹 digest: sm3:HEX, sha256:HEX"
    )
    verify.add_argument("--signature", metavar="FILE.p7s", help="指纹的签名 signature over the digest")
    verify.add_argument("--digest-of", choices=_OF, help="指纹是什么的 what the digest is of (default licence)")


def presented_digest(arguments: argparse.Namespace) -> "Presented | None":
    """Read what `add_digest_arguments` added; None when a file or a code is judged."""
    if not (arguments.digest or arguments.signature or arguments.digest_of):
        if arguments.input is None:
            raise UsageError("请写明要核验的文件或二维码。", "name the file or the code to check")
        return None
    if arguments.input is not None or not arguments.digest or arguments.signature is None:
        raise UsageError(
            "用法：elicence verify --digest sm3:十六进制 --signature 签名.p7s",
            "usage: elicence verify --digest sm3:HEX --signature FILE.p7s, without a file",
        )
    if arguments.receipt is not None or arguments.report is not None:
        raise UsageError("只有指纹时不出具回执。", "no receipt is made of a digest: the document was not seen")
    from verify import MAX_FILE_BYTES

    from .hash_only import read_digest
    from .inputs import read_file
    from .presented import Presented

    digests = dict(read_digest(text) for text in arguments.digest)
    signature = read_file(Path(arguments.signature), MAX_FILE_BYTES)
    return Presented(digests=digests, signature=signature, digest_of=arguments.digest_of or "licence")


def _digest(arguments: argparse.Namespace) -> "Answer":
    from .answer import Answer
    from .errors import InputNotFoundError
    from .hash_only import digest_requests
    from .presented import Presented

    if not os.path.exists(arguments.input):
        raise InputNotFoundError(f"没有这个文件：{arguments.input}", f"no such file: {arguments.input}")
    requests = digest_requests(Presented.of(arguments.input, None))
    lines = []
    for one in requests:
        body = one["body"]
        lines += [
            f"签名  signature: {one['field'] or '.p7s'} ({one['covers']})",
            *(f"  --digest {name}:{digits}" for name, digits in body["digest"].items()),
            f"  --digest-of {body['of']}",
        ]
    lines.append("以 --json 取得可发送的内容  with --json: what to send to POST /api/v1/verifications")
    return Answer(shape={"requests": list(requests)}, text="\n".join(lines))
