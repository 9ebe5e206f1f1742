"""Annotated copies and who relied on licences, as JSON; both doors use it."""

from collections.abc import Mapping

from esign import AnnotatedCopy
from licences import FileKind, MadeCopy, Reliance

from .licence_shapes import files_shape
from .messages import instant_text


def copy_shape(copy: MadeCopy, places: Mapping[FileKind, str]) -> dict[str, object]:
    """Return an annotated copy as the store knows it; `places` says where each file is found."""
    return {
        "serial": copy.serial,
        "identifier": copy.identifier,
        "made_at": instant_text(copy.made_at),
        "expires_at": instant_text(copy.expires_at),
        "files": files_shape(copy.files, places),
    }


def reliance_shape(reliance: Reliance) -> dict[str, object]:
    """Return a case that was decided on a licence."""
    return {
        "identifier": reliance.identifier,
        "kind": reliance.kind.value,
        "reference": reliance.reference,
        "requester": {"office": reliance.office, "officer": reliance.officer},
        "item": {"name": reliance.item_name, "code": reliance.item_code},
        "case_number": reliance.case_number,
        "relied_at": instant_text(reliance.relied_at),
    }


def copy_data_shape(copy: AnnotatedCopy) -> dict[str, object]:
    """Return what an annotated copy says beside the licence."""
    purpose = copy.purpose
    return {
        "serial": copy.serial,
        "cause": purpose.cause,
        "requester": {"office": purpose.office, "officer": purpose.officer},
        "item": {"name": purpose.item_name, "code": purpose.item_code},
        "case_number": purpose.case_number,
        "maker": {"name": copy.maker_name, "code": copy.maker_code},
        "made_at": instant_text(copy.made_at),
        "expires_at": instant_text(copy.expires_at),
        "original": {
            "pdf": {"sha256": copy.original_pdf.sha256, "sm3": copy.original_pdf.sm3},
            "json": {"sha256": copy.original_structured.sha256, "sm3": copy.original_structured.sm3},
        },
    }
