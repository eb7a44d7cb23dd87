"""A term can be linked to its definition in any rich text that editors write."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.apps import apps
from wagtail.blocks import RichTextBlock
from wagtail.fields import RichTextField, StreamField
from wagtail.rich_text import features

from portal.definitions.rich_text import FEATURE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wagtail.blocks import Block


def rich_texts() -> Iterator[tuple[str, list[str] | None]]:
    """Yield the place and the features of every rich text of the site."""
    for model in apps.get_models():
        if not model.__module__.startswith("portal."):
            continue
        for field in model._meta.get_fields():
            if isinstance(field, RichTextField):
                yield f"{model._meta.label}.{field.name}", field.features
            elif isinstance(field, StreamField):
                for place, block in blocks_in(field.stream_block, field.name):
                    yield f"{model._meta.label}.{place}", block.features


def blocks_in(block: Block, place: str, depth: int = 0) -> Iterator[tuple[str, RichTextBlock]]:
    if isinstance(block, RichTextBlock):
        yield place, block
    children = dict(getattr(block, "child_blocks", {}))
    if child := getattr(block, "child_block", None):
        children["item"] = child
    if depth < 8:
        for name, inner in children.items():
            yield from blocks_in(inner, f"{place}.{name}", depth + 1)


def test_every_rich_text_offers_a_link_to_a_definition() -> None:
    found = dict(rich_texts())
    assert len(found) > 10
    without = [
        place
        for place, chosen in found.items()
        if FEATURE not in (features.get_default_features() if chosen is None else chosen)
    ]
    assert without == []
