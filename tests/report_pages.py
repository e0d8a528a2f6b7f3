"""What stands on a page, read back from its HTML."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

from omnibench.report.html import render
from omnibench.report.opened import open_runs
from omnibench.report.page import page_of

VOID = {"meta", "img", "input", "br", "link", "hr"}


@dataclass
class Parsed(HTMLParser):
    """Tags with the names of their attributes, the values of those that could act, and the text."""

    tags: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    acting: list[tuple[str, str]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    headings: list[str] = field(default_factory=list)
    stack: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(name for name, _ in attrs)))
        for name, value in attrs:
            if name in ("href", "src", "action", "style", "srcdoc") or name.startswith("on"):
                self.acting.append((name, value or ""))
        if tag not in VOID:
            self.stack.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.stack.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.stack, f"</{tag}> closes nothing"
        assert self.stack[-1] == tag, f"</{tag}> closes <{self.stack[-1]}>"
        self.stack.pop()

    def handle_data(self, data: str) -> None:
        if self.stack and self.stack[-1] in ("style", "script"):
            return
        self.texts.append(data)
        if self.stack and self.stack[-1] == "h2":
            self.headings.append(data)

    @property
    def text(self) -> str:
        return "".join(self.texts)


def parsed(html: str) -> Parsed:
    """The page; fails where its tags do not nest."""
    page = Parsed()
    page.feed(html)
    page.close()
    assert page.stack == []
    return page


def page_html(*folders: Path, **more: object) -> str:
    """The page of run folders."""
    return render(page_of(open_runs(folders), **more))  # type: ignore[arg-type]
