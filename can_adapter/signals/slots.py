"""The bookkeeping of reception: messages, their pages, and the cells of single values.

A slot belongs to one message, a page to one value of its selector, a cell to one role.  When
they are filled and emptied is decided in ``receive``.
"""

from collections.abc import Sequence
from typing import Final

from can_adapter.matrix.codec import Field, Layout, Raw, pages
from can_adapter.matrix.specs import MessageSpec
from can_adapter.rings import Ring
from can_adapter.signals.binding import Binding
from can_adapter.signals.convert import REFUSED
from can_adapter.signals.e2e import REMEMBERED, E2eChecker, E2eWindow
from can_adapter.signals.quality import Quality
from can_adapter.signals.roles import Value

Images = tuple[int, int]
"""A frame as an integer of either byte order."""

ALL_BITS: Final = ((1 << 512) - 1, (1 << 512) - 1)


class Group:
    """One group of the state, built anew when one of its values changed."""

    __slots__ = ("_kind", "cells", "changed", "constants")

    def __init__(self, kind: type) -> None:
        self._kind = kind
        self.cells: list[Cell] = []
        self.constants: dict[str, Value] = {}
        self.changed = True

    def built(self) -> object:
        """As it is now; ``changed`` is over."""
        self.changed = False
        values = {cell.name: cell.value for cell in self.cells}
        made: object = self._kind(**self.constants, **values)
        return made


class Cell:
    """One role: its signals, and what they said last."""

    __slots__ = (
        "_binding",
        "_converter",
        "_fields",
        "_flag",
        "group",
        "last",
        "masks",
        "name",
        "quality",
    )

    def __init__(self, binding: Binding, layout: Layout, group: Group) -> None:
        self.name = binding.role.name
        self._binding = binding
        self._converter = binding.converter
        self._fields = tuple(layout.fields[signal.name] for signal in binding.signals)
        self._flag = layout.fields[binding.flag.name] if binding.flag else None
        self.group = group
        self.quality = Quality.NEVER
        self.last = self._initial()
        fields = (*self._fields, self._flag) if self._flag else self._fields
        self.masks = (_mask(fields, big=False), _mask(fields, big=True))

    @property
    def message(self) -> MessageSpec:
        return self._binding.message

    @property
    def value(self) -> Value | None:
        return self.last if self.quality is Quality.FRESH else None

    @property
    def multiplexed(self) -> bool:
        return self._fields[0].spec.mux is not None

    def present(self, layout: Layout, images: Images) -> bool:
        return layout.present(self._fields[0], images)

    def read(self, images: Images) -> bool:
        """Take the value out of a frame; tell whether anything changed for the user."""
        before, old = self.quality, self.last
        flag = self._flag
        if flag is not None and flag.read(images[flag.big_endian]) != self._binding.flag_valid:
            self.quality = Quality.FLAGGED
        else:
            value = self._converter.value(self.raws(images))
            if value is REFUSED:
                self.quality = Quality.REFUSED
            else:
                self.quality, self.last = Quality.FRESH, value
        if self.quality is before and self.last == old:
            return False
        self.group.changed = True
        return True

    def spoil(self, quality: Quality) -> None:
        self.quality = quality
        self.group.changed = True

    def raws(self, images: Images) -> tuple[Raw, ...]:
        return tuple([field.read(images[field.big_endian]) for field in self._fields])

    def _initial(self) -> Value | None:
        value = self._converter.value([field.spec.initial for field in self._fields])
        return None if value is REFUSED else value


def _mask(fields: Sequence[Field], *, big: bool) -> int:
    mask = 0
    for field in fields:
        if field.big_endian is big:
            mask |= field.mask
    return mask


class Page:
    """What belongs to one value of the selector; the whole message if there is none."""

    __slots__ = ("cells", "images", "seen")

    def __init__(self, cells: Sequence[Cell]) -> None:
        self.cells = tuple(cells)
        self.images: Images | None = None
        self.seen = 0


Known = tuple[Page, int | None]
"""What is known of a frame that says nothing new: its page, and its counter if it has one."""


class Slot:
    """One received message: its freshness, its protection, its cells.

    ``known`` holds frames, octet for octet, that would change no value if they came now: of a
    protected message one for each value of its counter.
    """

    __slots__ = (
        "_page_timeout",
        "_pages",
        "_single",
        "cells",
        "checker",
        "deadline",
        "edges",
        "known",
        "layout",
        "malformed",
        "masks",
        "multiplexed",
        "payload",
        "ring",
        "seen",
        "spec",
        "timeout",
        "trouble",
    )

    def __init__(self, spec: MessageSpec, timeout: int, window: E2eWindow) -> None:
        self.spec = spec
        self.layout = Layout(spec)
        self.multiplexed = bool(self.layout.selectors)
        self.timeout = timeout
        self.checker = E2eChecker(spec.e2e, window) if spec.e2e else None
        self.cells: list[Cell] = []
        self.seen: int | None = None
        self.deadline: int | None = None
        self.trouble: Quality | None = None
        self.malformed = False
        self.masks: Images = (0, 0)
        self.known: dict[bytes, Known] = {}
        self.edges: tuple[int, int] | None = None
        """Where counter and checksum begin and end, if no value is read from there."""
        self.payload: tuple[bytes, bytes] = (b"", b"")
        """What stood before and behind them in the last frame that was looked at."""
        self.ring: Ring | None = None
        """Frames that nobody hands over: what they say is known."""
        self._pages: dict[tuple[Raw, ...], Page] = {}
        self._single: Page | None = None
        self._page_timeout = timeout * len(pages(self.layout))

    def add(self, cell: Cell) -> None:
        self.cells.append(cell)
        little, big = self.masks
        self.masks = (little | cell.masks[0], big | cell.masks[1])
        self.edges = self._edges()

    def _edges(self) -> tuple[int, int] | None:
        spec, e2e = self.spec, self.spec.e2e
        if e2e is None or self.multiplexed:
            return None
        begin, end = e2e.span
        bits = (1 << 8 * (end - begin)) - 1
        little, big = bits << 8 * begin, bits << 8 * (spec.length - end)
        return None if self.masks[0] & little or self.masks[1] & big else (begin, end)

    def again(self, data: bytes, now: int) -> Page | None:
        """The page, if a good frame differs from the last one in counter and checksum alone.

        Then it is as fresh as ``accept`` would have made it, and there is nothing else to do.
        """
        edges, page = self.edges, self._single
        if edges is None or page is None or page.images is None or self.trouble is not None:
            return None
        if data[: edges[0]] != self.payload[0] or data[edges[1] :] != self.payload[1]:
            return None
        page.seen = self.seen = now
        if self.timeout:
            self.deadline = now + self.timeout
        return page

    def stands(self, ring: Ring) -> bool:
        """Whether repeats of the frame just taken over can do nothing but keep it fresh.

        They are others only in ``ring.span``, from where nothing may be read.
        """
        page, checker = self._single, self.checker
        if page is None or page.images is None or self.trouble is not None or self.malformed:
            return False
        if ring.span != self.edges or (checker is not None and not checker.settled):
            return False
        self.ring = ring
        return True

    def repeated(self, times: int, last: int) -> None:
        """Repeats came, the last one then."""
        page = self._single
        assert page is not None
        page.seen = self.seen = last
        if self.timeout:
            self.deadline = last + self.timeout
        if self.checker is not None:
            self.checker.judge_repeats(times)

    def remember(self, data: bytes, page: Page, counter: int | None) -> None:
        """A frame was taken over: the same octets would say nothing new."""
        if len(self.known) >= REMEMBERED:
            self.known.clear()
        self.known[data] = page, counter

    def accept(self, data: bytes, images: Images, now: int) -> tuple[Page, Images]:
        """Note a frame; give its page and the bits that differ from the page's last frame.

        Only bits that some cell reads count.
        """
        page = self._page(images)
        before = page.images
        page.images = images
        if self.edges is not None:
            self.payload = data[: self.edges[0]], data[self.edges[1] :]
        page.seen = self.seen = now
        if self.timeout:
            self.deadline = now + self.timeout
        if before is None:
            self.known.clear()
            return page, ALL_BITS
        little, big = self.masks
        changes = (images[0] ^ before[0]) & little, (images[1] ^ before[1]) & big
        if changes[0] or changes[1]:
            self.known.clear()
        return page, changes

    def forget(self, trouble: Quality) -> None:
        """No value of this message can be used any more."""
        if self.ring is not None:
            self.ring.play()
            self.ring = None
        self.deadline = None
        self.trouble = trouble
        self.known.clear()
        for page in self._pages.values():
            page.images = None
        if self._single is not None:
            self._single.images = None
        for cell in self.cells:
            cell.spoil(trouble)

    def old_pages(self, now: int) -> list[Page]:
        """Pages that stayed away while others of the message came."""
        if not self._pages:
            return []
        return [page for page in self._live_pages() if now >= page.seen + self._page_timeout]

    def forget_page(self, page: Page) -> None:
        """Its values are too old."""
        page.images = None
        self.known.clear()
        for cell in page.cells:
            if cell.multiplexed:
                cell.spoil(Quality.STALE)

    def ends(self) -> int | None:
        """When the next value of this message grows too old, if nothing comes until then."""
        if self.deadline is None or not self._pages:
            return self.deadline
        pages_end = (page.seen + self._page_timeout for page in self._live_pages())
        return min(self.deadline, *pages_end)

    def _live_pages(self) -> list[Page]:
        if not self.timeout:
            return []
        return [page for page in self._pages.values() if page.images is not None]

    def _page(self, images: Images) -> Page:
        layout = self.layout
        if not layout.selectors:
            if self._single is None:
                self._single = Page(self.cells)
            return self._single
        key = layout.page(images)
        page = self._pages.get(key)
        if page is None:
            page = Page([cell for cell in self.cells if cell.present(layout, images)])
            self._pages[key] = page
        return page
