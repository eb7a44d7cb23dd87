"""Blocks refuse what would not work for a reader."""

import pytest
from wagtail.blocks.struct_block import StructBlockValidationError

from portal.home.blocks import DefinitionBlock, LinkBlock, ProseStreamBlock, ProseTableBlock, codes_of, headings_of


def test_a_table_without_a_heading_row_is_refused():
    block = ProseTableBlock()
    table = {"data": [["a", "b"]], "table_header_choice": "neither", "first_row_is_table_header": False}
    with pytest.raises(StructBlockValidationError):
        block.clean(block.to_python({"caption": "Words", "table": table}))


@pytest.mark.parametrize("url", ["javascript:alert(1)", "datasets/", "ftp://example.org/"])
def test_a_link_to_neither_this_site_nor_the_web_is_refused(url):
    with pytest.raises(StructBlockValidationError):
        LinkBlock().clean(LinkBlock().to_python({"text": "Here", "url": url}))


@pytest.mark.parametrize("code", ["nur scphn", "<b>", "-x"])
def test_a_definition_code_that_could_not_be_one_is_refused(code):
    with pytest.raises(StructBlockValidationError):
        DefinitionBlock().clean(DefinitionBlock().to_python({"kind": "role", "code": code}))


def test_headings_and_codes_are_read_from_the_body():
    body = ProseStreamBlock().to_python(
        [
            {"type": "heading", "value": {"text": "Why counts differ"}},
            {"type": "definition", "value": {"kind": "perspective", "code": "D1"}},
            {"type": "paragraph", "value": "<p>Words</p>"},
        ]
    )
    assert headings_of(body) == [{"text": "Why counts differ", "anchor": "why-counts-differ"}]
    assert codes_of(body) == {("perspective", "D1")}
    assert 'id="why-counts-differ"' in body[0].render()
