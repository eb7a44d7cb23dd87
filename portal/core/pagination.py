"""Pages of the lists in the API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework.exceptions import ValidationError
from rest_framework.pagination import PageNumberPagination

if TYPE_CHECKING:
    from rest_framework.request import Request


class PagePagination(PageNumberPagination):
    """Numbered pages, 100 rows unless asked, at most 1,000. A size that is none is refused, not passed over."""

    page_size_query_param = "page_size"
    max_page_size = 1000
    invalid_page_message = "There is no page {page_number}. Pages are numbered from 1."

    def get_page_size(self, request: Request) -> int | None:
        """Return the size asked for."""
        asked = request.query_params.get(self.page_size_query_param)
        if asked is not None and not (
            asked.isascii() and asked.isdecimal() and 0 < int(asked[:9]) <= self.max_page_size
        ):
            raise ValidationError(
                {self.page_size_query_param: [f"Give a whole number from 1 to {self.max_page_size:,}."]}
            )
        return super().get_page_size(request)

    def get_schema_operation_parameters(self, view: object) -> list[dict[str, object]]:
        """Describe the parameters with the bounds that hold."""
        parameters = super().get_schema_operation_parameters(view)
        for parameter in parameters:
            if parameter["name"] == self.page_size_query_param:
                parameter["schema"] |= {"minimum": 1, "maximum": self.max_page_size}
        return parameters
