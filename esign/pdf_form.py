"""The form of our sealed PDFs, as the writer gives it and the reader demands it."""

HEADER = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
PRODUCER = "elicence"
PRODUCER_MARK = f"<pdf:Producer>{PRODUCER}</pdf:Producer>".encode("ascii")
"""A file with this in it names us as producer and must have our form."""
ATTACHMENT_NAME = "licence.json"
SUB_FILTER = "ETSI.CAdES.detached"
SEAL_FIELD = "Seal1"
"""Name of the form field of the first seal."""
