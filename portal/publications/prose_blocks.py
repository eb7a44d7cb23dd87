"""Blocks of pages that belong to no release. A sentence with figures names the dataset version that it reads them from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from wagtail import blocks

from portal.publications.blocks import (
    TEXT_FEATURES,
    BoundWordsBlock,
    CalloutBlock,
    DefinitionBlock,
    DownloadBlock,
    EquationBlock,
    FootnoteBlock,
    SelectionBlock,
    SourcedFigureBlock,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from portal.datasets.models import DatasetVersion


class PinnedSentenceBlock(BoundWordsBlock):
    """A sentence whose figures are read from one published dataset version, which it names as its source."""

    dataset = blocks.CharBlock(max_length=80, help_text="Identifier of the dataset, for example ohw-headcount.")
    version = blocks.CharBlock(max_length=20, help_text="Its number, for example 2.1.0. The figures stay those of it.")
    cells = SelectionBlock()

    class Meta:
        label = "Sentence with figures"
        template = "publications/blocks/pinned_sentence.html"

    def clean(self, value: Any) -> Any:
        """Refuse a version that is not published, and cells that it does not have, besides typed figures."""
        cleaned = super().clean(value)
        version = version_of(cleaned)
        if version is None:
            wrong = ValidationError(f"“{cleaned['dataset']}” has no published version {cleaned['version']}.")
            raise blocks.StructBlockValidationError(block_errors={"version": wrong})
        try:
            _said(cleaned, version)
        except ValueError as error:  # an unbound figure: the text says which
            raise blocks.StructBlockValidationError(non_block_errors=[ValidationError(str(error))]) from error
        return cleaned

    def get_context(self, value: Any, parent_context: dict[str, Any] | None = None) -> dict[str, Any]:
        """Add the sentence as readers get it."""
        return {**super().get_context(value, parent_context), "part": pinned_sentence(value)}

    def get_api_representation(self, value: Any, context: dict[str, Any] | None = None) -> dict[str, Any]:
        """Add the sentence as readers get it, for other front ends."""
        part = pinned_sentence(value)
        more = {"said": part["text"], "source": part["source"], "source_url": part["url"]}
        return {**super().get_api_representation(value, context), **more}


def version_of(value: Mapping[str, Any]) -> DatasetVersion | None:
    """Return the published version that a block names."""
    from portal.datasets.models import DatasetVersion  # noqa: PLC0415 - blocks are read before models are ready

    rows = DatasetVersion.objects.served().numbered(value["version"]).filter(dataset__slug=value["dataset"])
    return rows.select_related("dataset").first()


def pinned_sentence(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return the sentence with its figures and its source; of a version that was withdrawn it says so."""
    version = version_of(value)
    if version is None:
        return {"text": _("The data of this sentence was withdrawn."), "source": "", "url": ""}
    return {
        "text": _said(value, version),
        "source": f"{version.dataset.title}, {version.number}",
        "url": version.get_absolute_url(),
    }


def _said(value: Mapping[str, Any], version: DatasetVersion) -> str:
    from portal.publications.binding import bind  # noqa: PLC0415 - binding uses the blocks
    from portal.publications.figures import sentence  # noqa: PLC0415 - the same

    return sentence(value, bind(version, default=version.metadata.get("default_perspective", "")))


class ProseBlock(blocks.StreamBlock):
    """The body of methodology and quality pages."""

    heading = blocks.CharBlock(form_classname="title", icon="title")
    text = blocks.RichTextBlock(features=TEXT_FEATURES)
    pinned_sentence = PinnedSentenceBlock()
    sourced_figure = SourcedFigureBlock()
    callout = CalloutBlock()
    definition = DefinitionBlock()
    equation = EquationBlock()
    footnote = FootnoteBlock()
    download = DownloadBlock()
