"""Addresses of the register of definitions. They never change: others cite them."""

from django.urls import path

from portal.definitions import views
from portal.definitions.feeds import ChangesFeed

app_name = "definitions"

urlpatterns = [
    path("", views.index, name="index"),
    path("roles/", views.roles, name="roles"),
    path("roles/<str:code>/", views.role, name="role"),
    path("roles/<str:code>/v/<int:number>/", views.role_version, name="role-version"),
    path("perspectives/", views.perspectives, name="perspectives"),
    path("perspectives/<str:code>/", views.perspective, name="perspective"),
    path("perspectives/<str:code>/v/<int:number>/", views.perspective_version, name="perspective-version"),
    path("compare/", views.compare, name="compare"),
    path("crosswalk/", views.crosswalk, name="crosswalk"),
    path("why-counts-differ/", views.why_counts_differ, name="why-counts-differ"),
    path("lists/", views.lists, name="lists"),
    path("lists/<slug:slug>/", views.reference_list, name="reference-list"),
    path("lists/<slug:slug>/<int:edition>/", views.reference_list, name="reference-list-edition"),
    path("lists/<slug:slug>/<int:edition>/entries.csv", views.reference_list_csv, name="reference-list-csv"),
    path("changes-in-figures/", views.changes_in_figures, name="changes-in-figures"),
    path("register.csv", views.register_csv, name="register-csv"),
    path("register.json", views.register_json, name="register-json"),
    path("register.ttl", views.register_turtle, name="register-ttl"),
    path("register.jsonld", views.register_jsonld, name="register-jsonld"),
    path("changes.atom", ChangesFeed(), name="changes-feed"),
]
