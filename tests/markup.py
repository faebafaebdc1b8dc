"""An HTML page as tests look at it."""

from html.parser import HTMLParser

# Which kinds of elements stand for themselves, without an end.
VOID = {"img", "input", "meta", "link", "wbr"}
# Which stand within a line; the words of others do not run into each other.
INLINE = {"a", "b", "code", "i", "kbd", "strong", "abbr"}


class Reader(HTMLParser):
    """What a browser would make of a page: its words, its elements' attributes, its styles."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.words, self.styles, self.script = "", "", ""
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(page)
        self.words = " ".join(self.words.split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open.pop() == tag, f"</{tag}> closes another element"
        self.words += "" if tag in INLINE else " "

    def handle_data(self, data: str) -> None:
        within = self.open[-1] if self.open else ""
        if within == "style":
            self.styles += data
        elif within == "script":
            self.script += data
        else:
            self.words += data

    def all(self, tag: str, **attributes: str) -> list[dict[str, str | None]]:
        wanted = {("class" if key == "class_" else key): value for key, value in attributes.items()}
        return [has for name, has in self.elements if name == tag and wanted.items() <= has.items()]
