"""Blocks of a release page. A figure block stores which cells it shows, never the values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from wagtail import blocks
from wagtail.documents.blocks import DocumentChooserBlock

from portal.publications.charts import ChartKind
from portal.publications.equations import mathml
from portal.publications.validators import check_sentence, check_title, refuse_typed_figures

if TYPE_CHECKING:
    from collections.abc import Mapping

TEXT_FEATURES = ["bold", "italic", "ol", "ul", "link", "document-link", "definition", "h3"]
FOLDED = "For what is long and not what most readers come for. It opens with a click, and is open on paper."
FOLLOWS = "Leave empty to follow the reader’s choice."


class FigureFreeTextBlock(blocks.RichTextBlock):
    """Prose without typed figures."""

    def __init__(self, **options: Any) -> None:
        super().__init__(features=TEXT_FEATURES, **options)

    def clean(self, value: Any) -> Any:
        """Refuse a figure typed into the prose."""
        cleaned = super().clean(value)
        refuse_typed_figures(cleaned.source)
        return cleaned


class WordsBlock(blocks.CharBlock):
    """A line of words without typed figures."""

    def clean(self, value: Any) -> Any:
        """Refuse a figure typed into the line."""
        cleaned = super().clean(value)
        refuse_typed_figures(cleaned)
        return cleaned


class FilterBlock(blocks.StructBlock):
    """One dimension fixed at one code."""

    dimension = blocks.CharBlock(max_length=50, help_text="Column of the dataset, for example geography_code.")
    code = blocks.CharBlock(max_length=60)

    class Meta:
        icon = "filter"
        label_format = "{dimension} = {code}"


class SelectionBlock(blocks.StructBlock):
    """Which cells of the dataset version are meant."""

    measure = blocks.CharBlock(max_length=50, help_text="Identifier of the measure, for example headcount.")
    filters = blocks.ListBlock(FilterBlock(), default=[], required=False)
    perspective = blocks.CharBlock(max_length=20, required=False, help_text=FOLLOWS)
    period = blocks.CharBlock(max_length=20, required=False, help_text="Leave empty for the period of the release.")

    class Meta:
        icon = "table"


class HeadlineFigureBlock(blocks.StructBlock):
    """A figure at the top of the page with its change since the period before."""

    label = WordsBlock(max_length=120)
    cells = SelectionBlock()
    compare = blocks.BooleanBlock(required=False, default=True, label="Show the change since the period before")

    class Meta:
        icon = "pick"
        label_format = "{label}"


class BoundWordsBlock(blocks.StructBlock):
    """Words with names for figures, which are read from the data. What data, the blocks that extend it say."""

    text = blocks.CharBlock(
        max_length=400,
        help_text="Figures by name: {value} {change} {percent} {previous} {period} {previous_period} {movement} "
        "(“rose by … to …”) {subject} {perspective} {area}.",
    )
    subject = WordsBlock(max_length=200, required=False)

    class Meta:
        icon = "openquote"
        label_format = "{text}"

    def clean(self, value: Any) -> Any:
        """Check the placeholders and refuse typed figures."""
        cleaned = super().clean(value)
        try:
            check_sentence(cleaned["text"])
        except ValidationError as error:
            raise blocks.StructBlockValidationError(block_errors={"text": error}) from error
        return cleaned


class SentenceBlock(BoundWordsBlock):
    """A sentence whose figures are read from the dataset version of its release."""

    cells = SelectionBlock()
    machine_written = blocks.BooleanBlock(
        required=False,
        default=False,
        help_text="Untick once you have read the sentence and stand behind it.",
    )


class ChartBlock(blocks.StructBlock):
    """A chart of cells of the dataset version, with its table and downloads below."""

    title = blocks.CharBlock(
        max_length=160,
        help_text="Say the finding: “Most nurses work in the South East”. From the data: {highest} {lowest} "
        "{leading} (the largest series, and in how many categories) {movement} {directions} (how many series rose) "
        "{period}.",
        validators=[check_title],
    )
    subtitle = blocks.CharBlock(max_length=200, help_text="Measure, unit, area. The period is added.")
    kind = blocks.ChoiceBlock(choices=[(kind.value, kind.value.replace("_", " ")) for kind in ChartKind])
    cells = SelectionBlock()
    x = blocks.CharBlock(max_length=50, label="Categories along the axis", help_text="Column, for example role_code.")
    series = blocks.CharBlock(max_length=50, required=False, label="A line or colour for each")
    largest_first = blocks.BooleanBlock(required=False, default=False)
    folded = blocks.BooleanBlock(required=False, default=False, label="Closed at first", help_text=FOLDED)
    description = blocks.TextBlock(
        required=False,
        max_length=600,
        label="Text alternative",
        help_text="What the chart shows to someone who cannot see it. Leave empty to have it written from the data.",
        validators=[refuse_typed_figures],
    )

    class Meta:
        icon = "image"
        label_format = "{title}"


class TableBlock(blocks.StructBlock):
    """A table of cells of the dataset version."""

    title = WordsBlock(max_length=200)
    cells = SelectionBlock()
    rows = blocks.CharBlock(max_length=50, help_text="Column whose codes are the rows.")
    columns = blocks.CharBlock(max_length=50, required=False, help_text="Column whose codes are the columns.")
    only_shown = blocks.BooleanBlock(
        required=False,
        default=False,
        label="Leave out rows without a figure",
        help_text="Their number is said below the table; the dataset has them all.",
    )
    folded = blocks.BooleanBlock(required=False, default=False, label="Closed at first", help_text=FOLDED)

    class Meta:
        icon = "table"
        label_format = "{title}"


class CalloutBlock(blocks.StructBlock):
    """Something that readers must not miss."""

    title = WordsBlock(max_length=120)
    text = FigureFreeTextBlock()

    class Meta:
        icon = "warning"
        label_format = "{title}"


class DefinitionBlock(blocks.StructBlock):
    """A role or perspective, in the words of the version that this release was made with."""

    kind = blocks.ChoiceBlock(choices=[("role", "Role"), ("perspective", "Perspective")])
    code = blocks.CharBlock(max_length=60)

    class Meta:
        icon = "help"
        label_format = "{kind} {code}"


class SourcedFigureBlock(blocks.StructBlock):
    """A figure from elsewhere: the one kind that is typed in, so it carries its source and date."""

    figure = blocks.CharBlock(max_length=40)
    label = blocks.CharBlock(max_length=200)
    source = blocks.CharBlock(max_length=200)
    source_url = blocks.URLBlock(required=False)
    date = blocks.DateBlock()

    class Meta:
        icon = "link-external"
        label_format = "{figure} {label}"
        template = "publications/blocks/sourced_figure.html"


class EquationBlock(blocks.StructBlock):
    """A formula, set as MathML: it needs no script and screen readers speak it."""

    latex = blocks.CharBlock(max_length=600, label="Formula", help_text=r"In LaTeX, for example \frac{a}{b}.")
    words = blocks.CharBlock(
        max_length=400, label="In words", help_text="Stands below the formula, and in its place on paper."
    )

    class Meta:
        icon = "superscript"
        label_format = "{words}"

    def clean(self, value: Any) -> Any:
        """Refuse a formula that cannot be set."""
        cleaned = super().clean(value)
        try:
            mathml(cleaned["latex"])
        except ValidationError as error:
            raise blocks.StructBlockValidationError(block_errors={"latex": error}) from error
        return cleaned


class FootnoteBlock(blocks.StructBlock):
    """A note to the chart, table or text above it. Notes are numbered through the page, in order."""

    text = FigureFreeTextBlock()

    class Meta:
        icon = "asterisk"
        label = "Note"


class DownloadBlock(blocks.StructBlock):
    """A document to download."""

    document = DocumentChooserBlock()
    description = WordsBlock(max_length=300, required=False)

    class Meta:
        icon = "download"
        label_format = "{document}"


class SectionBodyBlock(blocks.StreamBlock):
    """What a section is made of."""

    sentence = SentenceBlock()
    chart = ChartBlock()
    table = TableBlock()
    text = FigureFreeTextBlock()
    callout = CalloutBlock()
    definition = DefinitionBlock()
    sourced_figure = SourcedFigureBlock()
    equation = EquationBlock()
    footnote = FootnoteBlock()
    download = DownloadBlock()


class SectionBlock(blocks.StructBlock):
    """A section: its heading says the finding."""

    heading = WordsBlock(max_length=160)
    machine_written = blocks.BooleanBlock(
        required=False,
        default=False,
        help_text="Untick once you have read the heading and its figures and stand behind them.",
    )
    body = SectionBodyBlock(required=False)

    class Meta:
        icon = "title"
        label_format = "{heading}"


def filters_of(cells: Mapping[str, Any]) -> dict[str, str]:
    """Return the filters of a selection as column and code."""
    return {row["dimension"]: row["code"] for row in cells["filters"]}
