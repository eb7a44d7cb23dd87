"""Terms in rich text: an editor picks a definition, the text keeps the version that applied then."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.utils.html import escape
from draftjs_exporter.dom import DOM
from wagtail.admin.rich_text.converters.html_to_contentstate import LinkElementHandler
from wagtail.admin.rich_text.editors.draftail.features import EntityFeature
from wagtail.rich_text import LinkHandler

from portal.definitions import links
from portal.definitions.models import PerspectiveVersion, RoleVersion

FEATURE = "definition"
ENTITY = "DEFINITION"
MODELS = {"role": RoleVersion, "perspective": PerspectiveVersion}


class DefinitionLinkHandler(LinkHandler):
    """Turns ``<a linktype="definition" kind="role" code="tech" version="2">`` into what readers see."""

    identifier = FEATURE

    @classmethod
    def expand_db_attributes_many(cls, attrs_list: list[dict[str, str]]) -> list[str]:
        """Render every term of a text with one query for each kind."""
        found = _versions(attrs_list)
        return [str(links.opening(version)) if (version := found.get(_key(attrs))) else "<a>" for attrs in attrs_list]

    @staticmethod
    def expand_db_attributes(attrs: dict[str, str]) -> str:
        """Render one term."""
        return DefinitionLinkHandler.expand_db_attributes_many([attrs])[0]


def _key(attrs: dict[str, str]) -> tuple[str, str, int]:
    number = attrs.get("version", "")
    return attrs.get("kind", "role"), attrs.get("code", ""), int(number) if number.isdigit() else 0


def _versions(attrs_list: list[dict[str, str]]) -> dict[tuple[str, str, int], Any]:
    wanted: dict[str, Q] = {}
    for attrs in attrs_list:
        kind, code, number = _key(attrs)
        if kind in MODELS:
            wanted[kind] = wanted.get(kind, Q()) | Q(code=code, number=number)
    return {
        (kind, version.code, version.number): version
        for kind, condition in wanted.items()
        for version in MODELS[kind].objects.filter(condition).without_long_text()
    }


def _to_database(props: dict[str, Any]) -> Any:
    """Write a term from the editor's form into the database's."""
    attributes = {"linktype": FEATURE, "kind": props["kind"], "code": props["code"], "version": str(props["version"])}
    return DOM.create_element("a", attributes, props["children"])


class DefinitionElementHandler(LinkElementHandler):
    """Reads a term from the database's form into the editor's."""

    def get_attribute_data(self, attrs: dict[str, str]) -> dict[str, Any]:
        """Keep what names the version."""
        return {name: escape(attrs.get(name, "")) for name in ("kind", "code", "version")}


def register_definition_feature(features: Any) -> None:
    """Add the feature to Wagtail's rich text editor, on by default."""
    features.register_link_type(DefinitionLinkHandler)
    features.register_editor_plugin(
        "draftail",
        FEATURE,
        EntityFeature(
            {
                "type": ENTITY,
                "icon": "list-ul",
                "description": "Definition",
                "attributes": ["kind", "code", "version"],
                "allowlist": {},
            },
        ),
    )
    features.register_converter_rule(
        "contentstate",
        FEATURE,
        {
            "from_database_format": {f'a[linktype="{FEATURE}"]': DefinitionElementHandler(ENTITY)},
            "to_database_format": {"entity_decorators": {ENTITY: _to_database}},
        },
    )
    features.default_features.append(FEATURE)
