"""Pages of the lists in the API."""

from rest_framework.pagination import PageNumberPagination


class PagePagination(PageNumberPagination):
    """Numbered pages, 100 rows unless asked, at most 1,000."""

    page_size_query_param = "page_size"
    max_page_size = 1000
