"""Addresses of accounts that are the portal's own, below /accounts/; the others are allauth's."""

from django.urls import path

from portal.users import views

urlpatterns = [
    path("link/<str:token>/", views.sign_in_link, name="sign_in_link"),
    path("oidc/<str:provider_id>/login/", views.sign_in_elsewhere, name="sign_in_elsewhere"),
]
