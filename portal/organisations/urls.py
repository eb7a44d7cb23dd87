"""Addresses of the register, below /collect/organisations/."""

from django.urls import path

from portal.organisations import views

app_name = "organisations"

urlpatterns = [
    path("register/", views.register, name="register"),
    path("invitations/<str:secret>/", views.invitation, name="invitation"),
    path("<str:code>/people/", views.people, name="people"),
]
