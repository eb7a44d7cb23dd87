"""What allauth asks the portal: words of its messages, and the link beside the code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context as current
from django.conf import settings
from django.urls import reverse

from portal.users.models import User
from portal.users.sign_in_links import make_link

if TYPE_CHECKING:
    from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):
    """The portal's accounts."""

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Put the link beside the code, and the name of the site into every message."""
        more: dict[str, Any] = {
            "portal_name": settings.WAGTAIL_SITE_NAME,
            "minutes": settings.ACCOUNT_LOGIN_BY_CODE_TIMEOUT // 60,
        }
        if template_prefix == "account/email/login_code":
            user = User.objects.filter(email__iexact=email, is_active=True).first()
            more["link"] = make_link(current.request, user) if user else ""
        super().send_mail(template_prefix, email, {**context, **more})

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Lead those who work in the CMS there; everybody else to their returns and applications."""
        if request.user.has_perm("wagtailadmin.access_admin"):
            return reverse("wagtailadmin_home")
        return super().get_login_redirect_url(request)

    def format_email_subject(self, subject: str) -> str:
        """Leave the subject as it is written."""
        return subject
