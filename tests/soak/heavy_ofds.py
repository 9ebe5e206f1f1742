"""OFDs of others that cost as much as the limits of their reader allow."""

import hashlib

from declared import declared_pki
from ofd_variants import Files, Product, Way, ordinary, packed, xml

_PAGES = 3
_DENSE = b"<a>" + b"<b x='1' y='2'>t</b>" * 345_000 + b"</a>"
"""Three of these are nearly all the XML of one package."""


def _product() -> Product:
    pki = declared_pki("sm2")
    return Product(maker=pki.signer("seal-maker"), signer=pki.signer("seal"))


def _with_dense_pages() -> Files:
    files = ordinary(pages=_PAGES)
    return files | {f"Doc_0/Pages/Page_{number}/Content.xml": _DENSE for number in range(1, _PAGES + 1)}


def many_references() -> bytes:
    """62 signatures over 240 files each, and one by another algorithm."""
    files = ordinary() | {f"Doc_0/Res/{number}": b"x" for number in range(60)}
    product = _product()
    for place in range(62):
        files = product.sign(files, place=place)
    return packed(product.sign(files, Way(method="SHA512", digest="sha512"), place=62))


def much_to_hash() -> bytes:
    """64 MB unpacked, of which much is hashed by two algorithms, behind as much XML as may be."""
    files = {**_with_dense_pages(), "Doc_0/Res/a.bin": bytes(25 << 20), "Doc_0/Res/b.bin": bytes(13 << 20)}
    product = _product()
    by_other = Way(method="SHA512", digest="sha512", leave_out=lambda path: path.endswith("a.bin"))
    return packed(product.sign(product.sign(files), by_other, place=1))


def many_elements() -> bytes:
    """Resources with as many elements as may be."""
    files = ordinary()
    fonts = '<:Font ID="1" FontName="x" a="1" b="2"/>' * 59_000
    files["Doc_0/PublicRes.xml"] = xml(f"<:Fonts>{fonts}</:Fonts>", "Res", 'BaseLoc="."')
    return packed(_product().sign(files))


def many_seals() -> bytes:
    """64 seals, each with a picture that cannot be packed."""
    files, product = ordinary(), _product()
    for place in range(64):
        way = Way(seal_picture=hashlib.shake_256(bytes([place])).digest(58_000), leave_out=lambda path: "Sign" in path)
        files = product.sign(files, way, place=place)
    return packed(files)


def many_bare_signatures() -> bytes:
    files, product = ordinary(), _product()
    for place in range(64):
        files = product.sign(files, Way(how="bare"), place=place)
    return packed(files)


def many_files() -> bytes:
    """As many entries as may be, deep in folders."""
    files = ordinary() | {f"{'a/' * 140}{number}": b"" for number in range(3_980)}
    return packed(_product().sign(files))
