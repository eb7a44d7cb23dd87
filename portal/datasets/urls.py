"""Addresses of datasets, versions and files."""

from django.urls import path, re_path

from portal.datasets.views import compare, files, pages

app_name = "datasets"
VERSION = r"datasets/(?P<slug>[-\w]{1,80})/v/(?P<number>[\d.*]{1,24})/"
urlpatterns = [
    path("datasets/", pages.catalogue, name="catalogue"),
    path("datasets/<slug:slug>/", pages.dataset_page, name="dataset"),
    path("datasets/<slug:slug>/compare/", compare.compare, name="compare"),
    re_path(r"^datasets/(?P<slug>[-\w]+)/latest/(?P<rest>[-\w./]*)$", pages.latest, name="latest"),
    re_path(rf"^{VERSION}$", pages.version_page, name="version"),
    re_path(rf"^{VERSION}files/(?P<name>[-\w.]{{1,200}})$", files.version_file, name="file"),
]
