"""Reading a sealed OFD of our own making, strictly: every file is named, and every small one is what we would write.

The digests that the seals have of the files are looked at first. Where one does not hold, that is what there is to say
about the file, and nothing else needs to be in our form.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import chain
from typing import Final, Literal, TypeVar
from xml.sax.saxutils import unescape

from keys import hash_bytes

from .errors import EsignError, Fault, MalformedError, TooLargeError
from .ofd_form import (
    ANNOTATION_LIST,
    ATTACHMENT_FOLDER,
    ATTACHMENT_LIST,
    CREATOR,
    DOCUMENT_DATA,
    DOCUMENT_FILE,
    DOCUMENT_RESOURCES,
    PUBLIC_RESOURCES,
    RESOURCE_FOLDER,
    SEAL_FILE,
    SIGNATURE_FILE,
    SIGNATURE_LIST,
    SIGNATURE_SUFFIX,
    VALUE_FILE,
    OfdStamp,
)
from .ofd_package import ROOT_FILE, read_package
from .ofd_parts import (
    AttachmentFacts,
    DocumentFacts,
    FontFacts,
    ImageFacts,
    RootFacts,
    annotation_file,
    annotation_list_xml,
    attachments_xml,
    document_resources_xml,
    document_xml,
    font_file,
    image_file,
    page_file,
    public_resources_xml,
    root_xml,
    template_file,
)
from .ofd_paths import OfdFiles
from .ofd_signatures import OfdSignature, read_signatures
from .ofd_signing_xml import (
    OfdSignatureForm,
    OfdStampFacts,
    must_cover,
    read_signing_time,
    signature_file,
    signature_list_xml,
    signature_xml,
)
from .ofd_stamps import read_stamp_datum
from .pdf_form import ATTACHMENT_NAME, ATTACHMENT_NAMES, BODY_NAME, FIELD_NAME, MAX_BODY_BYTES, MAX_SEALS
from .ses import SesSignature
from .ses_making import VERSION, is_our_signature
from .ses_reading import read_ses_signature
from .structured_json import MAX_STRUCTURED_BYTES

MAX_OWN_PAGES: Final = 1500
"""As of a face (`face_reader`); an annex of 10,000 rows has about 300."""
MAX_OWN_RESOURCES: Final = 2000
"""Fonts, and pictures: a symbol on each page of a copy."""
