"""A site with its starting content."""

import pytest


@pytest.fixture
def site_content(db):
    """Groups, home page and guidance as a new site has them."""
    from portal.home.starting_content import load_starting_content as load_pages
    from portal.users.starting_content import load_starting_content as load_groups

    load_groups()
    load_pages()
