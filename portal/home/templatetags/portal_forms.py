"""Django forms in the GOV.UK Design System, for forms that we did not write ourselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django import forms, template

if TYPE_CHECKING:
    from django.forms import BoundField
    from django.utils.safestring import SafeString

register = template.Library()

KINDS: Final[tuple[tuple[type[forms.Widget], str], ...]] = (
    (forms.CheckboxInput, "checkbox"),
    (forms.CheckboxSelectMultiple, "checkboxes"),
    (forms.RadioSelect, "radio"),
    (forms.Select, "select"),
    (forms.Textarea, "textarea"),
    (forms.FileInput, "file"),
)


@register.filter
def widget_kind(field: BoundField) -> str:
    """Return which component shows a field."""
    return next((kind for widget, kind in KINDS if isinstance(field.field.widget, widget)), "input")


@register.filter
def styled(field: BoundField, name: str) -> SafeString:
    """Return the widget with the component’s class, its errors and hint announced, and no placeholder."""
    described = [f"{field.auto_id}-hint"] if field.help_text else []
    described += [f"{field.auto_id}-error"] if field.errors else []
    error = f" {name}--error" if field.errors and "__" not in name else ""
    attributes: dict[str, Any] = {"class": f"{name}{_width(field)}{error}", "placeholder": False}
    if described:
        attributes["aria-describedby"] = " ".join(described)
    if field.errors:
        attributes["aria-invalid"] = "true"
    return field.as_widget(attrs=attributes)


WIDTHS: Final = (2, 3, 4, 5, 10, 20)


def _width(field: BoundField) -> str:
    """Return the class of an input whose answer has a known length: its size says how much is to be typed."""
    widget = field.field.widget
    usual = {"date": 10, "number": 5}.get(getattr(widget, "input_type", ""), 0)
    size = int(widget.attrs.get("size", usual))
    width = next((width for width in WIDTHS if width >= size), 0) if size else 0
    return f" govuk-input--width-{width}" if width else ""
