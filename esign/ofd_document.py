"""What a document of an OFD made by anybody consists of (GB/T 33190-2016 clause 7), and which files decide its look.

Elements are taken in whatever order products write them. A file that is named but not there is a fact, not an error:
others show the rest, too.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from .errors import Fault, MalformedError, TooLargeError
from .ofd_packing import ROOT_FILE
from .ofd_paths import OfdFiles
from .ofd_xml import Box, Element, read_box

MAX_OFD_DOCUMENTS: Final = 64
"""Bodies of one package with their versions; nearly all have one."""
MAX_OFD_PAGES: Final = 4_000
"""Of one document, as of the files of a package."""
MAX_OFD_ENTRIES: Final = 20_000
"""Pages, resources, annotations and attachments of all documents, as often as documents name them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfdPage:
    """One page, or one page that is laid under or over others."""

    identifier: str
    path: str
    order: str = ""
    """Of a template: `Background` or `Foreground`; empty when it is not stated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfdFont:
    """One font; without a path it is one that the reader's machine must have."""

    identifier: str
    name: str
    family: str
    path: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OfdMedia:
    """One picture, sound or film."""

    identifier: str
    kind: str
    """`Image`, `Audio` or `Video`."""
    format: str
    path: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OfdResources:
    """One file of resources."""

    path: str
    root: Element = field(repr=False)
    """For what is not taken apart here: colour spaces, drawing parameters, composite units."""
    fonts: tuple[OfdFont, ...]
    media: tuple[OfdMedia, ...]
    profiles: tuple[str, ...]
    """Paths of colour profiles."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfdAttachment:
    """One attached file."""

    name: str
    path: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OfdDocument:
    """One document; a further version of one is a document, too."""

    path: str
    """Of its root, usually `Doc_0/Document.xml`."""
    root: Element = field(repr=False)
    version: bool
    """It is not the one that its body names, but that of a version (clause 19)."""
    version_files: tuple[str, ...]
    """Paths of the files that name the versions of the body, and so what a reader shows of it."""
    title: str
    author: str
    creator: str
    created: str
    custom: tuple[tuple[str, str], ...]
    """Name and value of each custom datum."""
    box: Box | None
    """The physical box of a page that does not say its own."""
    pages: tuple[OfdPage, ...]
    templates: tuple[OfdPage, ...]
    resources: tuple[OfdResources, ...]
    """Of the document first (public ones before the others), then those of single pages."""
    page_resources: tuple[tuple[str, str], ...]
    """Path of a page or template and of a file of resources that it alone has."""
    annotation_list: str | None
    annotations: tuple[tuple[str, str], ...]
    """ID of the page and path of a file with its annotations."""
    attachment_list: str | None
    attachments: tuple[OfdAttachment, ...]
    signature_list: str | None
    missing: tuple[str, ...]
    """Paths of files that are named and not there."""


def read_documents(files: OfdFiles) -> tuple[OfdDocument, ...]:
    """Every document of a package, in the order of `OFD.xml`; each is followed by its further versions.

    Raises:
        MalformedError: `FORMAT_OFD`: no document, broken XML, or twice what a reader takes once.
        TooLargeError: over a limit.
    """
    path = files.find(ROOT_FILE, ROOT_FILE)
    root = files.xml(path, ROOT_FILE)
    found: list[OfdDocument] = []
    entries = _Entries()
    for body in root.all("DocBody"):
        document = files.find(body.only_text("DocRoot"), path)
        versions = _versions(files, body, path)
        roots = dict.fromkeys((document, *versions.values()))
        found += (
            _Walk(files, one, path, entries).document(body, tuple(versions), version=one != document) for one in roots
        )
        if len(found) > MAX_OFD_DOCUMENTS:
            raise TooLargeError(f"an OFD with more than {MAX_OFD_DOCUMENTS} documents")
    if not found:
        raise MalformedError(Fault.FORMAT_OFD, "OFD.xml names no document")
    return tuple(found)


def rendering_files(files: OfdFiles, document: OfdDocument) -> frozenset[str]:
    """Paths of all files that have a part in what the document shows, also of those that are not there."""
    found = {files.find(ROOT_FILE, ROOT_FILE), document.path, *document.version_files}
    found.update(page.path for page in (*document.pages, *document.templates))
    for resources in document.resources:
        found.add(resources.path)
        found.update(font.path for font in resources.fonts if font.path is not None)
        found.update(media.path for media in resources.media if media.path is not None)
        found.update(resources.profiles)
    found.update(path for _, path in document.annotations)
    if document.annotation_list is not None:
        found.add(document.annotation_list)
    return frozenset(found.union(path for path in document.missing if path not in _attached(document)))


def _attached(document: OfdDocument) -> frozenset[str | None]:
    return frozenset({document.attachment_list, *(one.path for one in document.attachments)})


def _versions(files: OfdFiles, body: Element, root: str) -> dict[str, str]:
    """By path of a file that names a version (clause 19), the root of that: which one a reader shows is its choice."""
    listed = body.only("Versions")
    found: dict[str, str] = {}
    for version in listed.all("Version") if listed is not None else ():
        path = files.find(version.attributes.get("BaseLoc", ""), root)
        found[path] = files.find(files.xml(path, root).only_text("DocRoot"), path)
        if len(found) > MAX_OFD_DOCUMENTS:
            raise TooLargeError(f"an OFD with more than {MAX_OFD_DOCUMENTS} versions")
    return found


class _Entries:
    """How many entries of lists were followed: documents may share a long list, which is followed for each of them."""

    def __init__(self) -> None:
        self._left = MAX_OFD_ENTRIES

    def counted(self, elements: Iterator[Element]) -> Iterator[Element]:
        """The elements, as long as there are not too many."""
        for element in elements:
            self._left -= 1
            if self._left < 0:
                raise TooLargeError(f"an OFD whose documents list more than {MAX_OFD_ENTRIES} things")
            yield element


class _Walk:
    """Follows the paths of one document."""

    def __init__(self, files: OfdFiles, path: str, named_by: str, entries: _Entries) -> None:
        self._files = files
        self._entries = entries
        self._path = path
        self._named_by = named_by
        self._root = files.xml(path, named_by)
        self._resources: dict[str, OfdResources] = {}
        self._missing: dict[str, None] = {}

    def document(self, body: Element, version_files: tuple[str, ...], *, version: bool) -> OfdDocument:
        root, path = self._root, self._path
        common = root.only("CommonData") or Element("CommonData", {})
        for name in ("PublicRes", "DocumentRes"):
            for named in self._entries.counted(common.all(name)):
                self._read_resources(self._files.find(named.text, path))
        listed = root.only("Pages") or Element("Pages", {})
        pages = tuple(self._page(one, path) for one in self._limited(listed.all("Page")))
        templates = tuple(self._page(one, path) for one in self._limited(common.all("TemplatePage")))
        page_resources = tuple(dict.fromkeys(self._page_resources((*pages, *templates))))
        info = body.only("DocInfo") or Element("DocInfo", {})
        area = common.only("PageArea")
        annotation_list = self._named(root, "Annotations")
        attachment_list = self._named(root, "Attachments")
        annotations = () if annotation_list is None else tuple(self._annotations(annotation_list))
        attachments = () if attachment_list is None else tuple(self._attachments(attachment_list))
        signatures = body.only_text("Signatures")
        return OfdDocument(
            path=path,
            root=root,
            version=version,
            version_files=version_files,
            title=info.text_of("Title"),
            author=info.text_of("Author"),
            creator=info.only_text("Creator"),
            created=info.text_of("CreationDate"),
            custom=tuple(
                (datum.attributes.get("Name", ""), datum.text)
                for data in info.all("CustomDatas")
                for datum in data.all("CustomData")
            ),
            box=None if area is None else read_box(area.only_text("PhysicalBox")),
            pages=pages,
            templates=templates,
            resources=tuple(self._resources.values()),
            page_resources=page_resources,
            annotation_list=annotation_list,
            annotations=annotations,
            attachment_list=attachment_list,
            attachments=attachments,
            signature_list=self._files.find(signatures, self._named_by) if signatures else None,
            missing=tuple(self._missing),
        )

    def _limited(self, elements: Iterator[Element]) -> list[Element]:
        found = list(self._entries.counted(elements))
        if len(found) > MAX_OFD_PAGES:
            raise TooLargeError(f"an OFD with more than {MAX_OFD_PAGES} pages")
        return found

    def _named(self, element: Element, name: str) -> str | None:
        location = element.only_text(name)
        return self._seen(self._files.find(location, self._path)) if location else None

    def _seen(self, path: str) -> str:
        if path not in self._files:
            self._missing[path] = None
        return path

    def _page(self, element: Element, path: str) -> OfdPage:
        attributes = element.attributes
        return OfdPage(
            identifier=attributes.get("ID", "").strip(),
            path=self._seen(self._files.find(attributes.get("BaseLoc", ""), path)),
            order=attributes.get("ZOrder", "").strip(),
        )

    def _page_resources(self, pages: tuple[OfdPage, ...]) -> Iterator[tuple[str, str]]:
        """What single pages bring along; few do, and a page may be large, so the others are only looked through."""
        for path in dict.fromkeys(page.path for page in pages):
            data = self._files.get(path)
            if data is None:
                continue
            # A name in another encoding than UTF-8 does not have these bytes; such a file has a zero in it.
            if b"PageRes" not in data and b"\0" not in data:
                self._files.check(path)
                continue
            for named in self._entries.counted(self._files.xml(path, self._path).all("PageRes")):
                resources = self._files.find(named.text, path)
                self._read_resources(resources)
                yield path, resources

    def _read_resources(self, path: str) -> None:
        if path in self._resources or self._seen(path) not in self._files:
            return
        root = self._files.xml(path, self._path)
        base = root.attributes.get("BaseLoc", "")
        self._resources[path] = OfdResources(
            path=path,
            root=root,
            fonts=tuple(
                OfdFont(
                    identifier=one.attributes.get("ID", "").strip(),
                    name=one.attributes.get("FontName", ""),
                    family=one.attributes.get("FamilyName", ""),
                    path=self._resource(one.only_text("FontFile"), base, path),
                )
                for group in root.all("Fonts")
                for one in self._entries.counted(group.all("Font"))
            ),
            media=tuple(
                OfdMedia(
                    identifier=one.attributes.get("ID", "").strip(),
                    kind=one.attributes.get("Type", ""),
                    format=one.attributes.get("Format", ""),
                    path=self._resource(one.only_text("MediaFile"), base, path),
                )
                for group in root.all("MultiMedias")
                for one in self._entries.counted(group.all("MultiMedia"))
            ),
            profiles=tuple(
                found
                for group in root.all("ColorSpaces")
                for one in self._entries.counted(group.all("ColorSpace"))
                if (found := self._resource(one.attributes.get("Profile", ""), base, path)) is not None
            ),
        )

    def _resource(self, location: str, base: str, path: str) -> str | None:
        """The path of a resource: from `BaseLoc`, which itself is from the file of resources (clause 7.9).

        Some products write it from the file itself; that is taken where nothing else is there.
        """
        if not location.strip():
            return None
        below = location if location.lstrip().startswith(("/", "\\")) or not base else f"{base}/{location}"
        found = self._files.find(below, path)
        if found not in self._files and (beside := self._files.find(location, path)) in self._files:
            return beside
        return self._seen(found)

    def _annotations(self, listed: str) -> Iterator[tuple[str, str]]:
        if listed not in self._files:
            return
        for page in self._entries.counted(self._files.xml(listed, self._path).all("Page")):
            path = self._seen(self._files.find(page.only_text("FileLoc"), listed))
            if path in self._files:
                self._files.check(path)
            yield page.attributes.get("PageID", "").strip(), path

    def _attachments(self, listed: str) -> Iterator[OfdAttachment]:
        if listed not in self._files:
            return
        for one in self._entries.counted(self._files.xml(listed, self._path).all("Attachment")):
            location = one.only_text("FileLoc")
            yield OfdAttachment(
                name=one.attributes.get("Name", ""),
                path=self._seen(self._files.find(location, listed)) if location else None,
            )
