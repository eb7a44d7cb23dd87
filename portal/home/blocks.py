"""Blocks of the editorial pages. A statistic is not typed here: a sentence names the data that it reads it from."""

from __future__ import annotations

import re
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.text import slugify
from wagtail import blocks
from wagtail.blocks.struct_block import StructBlockValidationError
from wagtail.contrib.table_block.blocks import TableBlock
from wagtail.images.blocks import ImageBlock

from portal.home.enums import CalloutKind
from portal.publications.blocks import SourcedFigureBlock
from portal.publications.prose_blocks import PinnedSentenceBlock

RICH_TEXT_FEATURES = ["bold", "italic", "link", "document-link", "definition", "ol", "ul", "superscript", "subscript"]
CODE = re.compile(r"^[A-Za-z0-9][A-Za-z0-9_-]*$")


class HeadingBlock(blocks.StructBlock):
    """A section heading with an address of its own, so that links can point at it."""

    text = blocks.CharBlock(max_length=120)

    class Meta:
        icon = "title"
        template = "home/blocks/heading.html"
        label = "Section heading"

    def get_context(self, value: Any, parent_context: dict[str, Any] | None = None) -> dict[str, Any]:
        """Add the anchor, made from the words."""
        return {**super().get_context(value, parent_context), "anchor": slugify(value["text"])}


class CalloutBlock(blocks.StructBlock):
    """A few sentences set apart."""

    kind = blocks.ChoiceBlock(choices=CalloutKind.choices, default=CalloutKind.INFORMATION)
    text = blocks.RichTextBlock(features=RICH_TEXT_FEATURES)

    class Meta:
        icon = "info-circle"
        template = "home/blocks/callout.html"
        label = "Callout"


class DetailsBlock(blocks.StructBlock):
    """Words that open on request; works without scripts."""

    summary = blocks.CharBlock(max_length=150)
    text = blocks.RichTextBlock(features=RICH_TEXT_FEATURES)

    class Meta:
        icon = "collapse-down"
        template = "home/blocks/details.html"
        label = "Details that open"


class DefinitionBlock(blocks.StructBlock):
    """A published definition, opened in place. The words come from the definition, not from here."""

    kind = blocks.ChoiceBlock(choices=[("role", "Role"), ("perspective", "Perspective")], default="role")
    code = blocks.CharBlock(max_length=40, help_text="The code of the role or perspective, such as nur-scphn or D1.")

    class Meta:
        icon = "openquote"
        template = "home/blocks/definition.html"
        label = "Definition"

    def clean(self, value: Any) -> Any:
        """Refuse a code that could not be one."""
        cleaned = super().clean(value)
        if not CODE.match(cleaned["code"]):
            raise StructBlockValidationError(
                block_errors={"code": ValidationError("A code has letters, digits and hyphens only.")}
            )
        return cleaned

    def get_context(self, value: Any, parent_context: dict[str, Any] | None = None) -> dict[str, Any]:
        """Add the published definition, which the page has read for all its blocks at once."""
        known = (parent_context or {}).get("definitions", {})
        return {
            **super().get_context(value, parent_context),
            "definition": known.get((value["kind"], value["code"])),
        }


class CodeBlock(blocks.StructBlock):
    """Something to type into a terminal or a program."""

    language = blocks.CharBlock(max_length=20, required=False, help_text="Such as Python, R or curl.")
    code = blocks.TextBlock()

    class Meta:
        icon = "code"
        template = "home/blocks/code.html"
        label = "Code"


class StepsBlock(blocks.StructBlock):
    """A numbered way through a task."""

    steps = blocks.ListBlock(
        blocks.StructBlock(
            [
                ("title", blocks.CharBlock(max_length=120)),
                ("text", blocks.RichTextBlock(features=RICH_TEXT_FEATURES)),
            ]
        ),
        min_num=2,
    )

    class Meta:
        icon = "list-ol"
        template = "home/blocks/steps.html"
        label = "Steps"


class ContactBlock(blocks.StructBlock):
    """Whom to ask."""

    name = blocks.CharBlock(max_length=120)
    email = blocks.EmailBlock(required=False)
    text = blocks.CharBlock(max_length=255, required=False)

    class Meta:
        icon = "mail"
        template = "home/blocks/contact.html"
        label = "Contact"


class PictureBlock(blocks.StructBlock):
    """An image with a caption. Charts belong to releases, where their data is."""

    image = ImageBlock()
    caption = blocks.CharBlock(max_length=255, required=False)

    class Meta:
        icon = "image"
        template = "home/blocks/picture.html"
        label = "Picture"


class ProseTableBlock(blocks.StructBlock):
    """A table of words. Figures belong to datasets, where they are versioned."""

    caption = blocks.CharBlock(max_length=150)
    table = TableBlock(table_options={"renderer": "text", "startRows": 3, "startCols": 2})

    class Meta:
        icon = "table"
        template = "home/blocks/table.html"
        label = "Table of words"

    def clean(self, value: Any) -> Any:
        """Ask for a heading row: a table without one says nothing to a screen reader."""
        cleaned = super().clean(value)
        if not (cleaned["table"] or {}).get("first_row_is_table_header"):
            raise StructBlockValidationError(
                block_errors={"table": ValidationError("Make the first row the heading row.")}
            )
        return cleaned


class ProseStreamBlock(blocks.StreamBlock):
    """The body of guidance, policy, standard and news pages."""

    heading = HeadingBlock()
    paragraph = blocks.RichTextBlock(features=["h3", *RICH_TEXT_FEATURES], template="home/blocks/paragraph.html")
    callout = CalloutBlock()
    details = DetailsBlock()
    definition = DefinitionBlock()
    steps = StepsBlock()
    table = ProseTableBlock()
    pinned_sentence = PinnedSentenceBlock()
    sourced_figure = SourcedFigureBlock()
    picture = PictureBlock()
    code = CodeBlock()
    contact = ContactBlock()


class LinkBlock(blocks.StructBlock):
    """A link to an address of this site or elsewhere."""

    text = blocks.CharBlock(max_length=120)
    url = blocks.CharBlock(max_length=300, help_text="An address of this site, such as /datasets/, or a full one.")

    class Meta:
        icon = "link"
        label = "Link"

    def clean(self, value: Any) -> Any:
        """Refuse what is neither an address of this site nor a web address."""
        cleaned = super().clean(value)
        if not cleaned["url"].startswith(("/", "https://", "http://")):
            raise StructBlockValidationError(
                block_errors={"url": ValidationError("Start with / for this site or https:// for another.")}
            )
        return cleaned


class PanelBlock(blocks.StructBlock):
    """One of the ways on from the home page."""

    title = blocks.CharBlock(max_length=80)
    text = blocks.TextBlock(max_length=400)
    links = blocks.ListBlock(LinkBlock(), min_num=1, max_num=4)

    class Meta:
        icon = "list-ul"
        template = "home/blocks/panel.html"
        label = "Panel with links"


def headings_of(body: Any) -> list[dict[str, str]]:
    """Return the section headings of a body with their anchors, for the list of contents."""
    return [
        {"text": block.value["text"], "anchor": slugify(block.value["text"])}
        for block in body
        if block.block_type == "heading"
    ]


def codes_of(body: Any) -> set[tuple[str, str]]:
    """Return the kind and code of every definition that a body shows."""
    return {(block.value["kind"], block.value["code"]) for block in body if block.block_type == "definition"}
