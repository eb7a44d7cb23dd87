"""Addresses of datasets, versions and files."""

from django.urls import path, re_path

from portal.datasets.views import compare, files, machines, pages, sdmx, tables, verify

app_name = "datasets"
VERSION = r"datasets/(?P<slug>[-\w]{1,80})/v/(?P<number>[0-9.*]{1,24})/"
urlpatterns = [
    path("datasets/", pages.catalogue, name="catalogue"),
    path("datasets/verify/", verify.verify_page, name="verify"),
    path("datasets/verify.py", verify.verify_script, name="verify-script"),
    path("datasets/<slug:slug>/", pages.dataset_page, name="dataset"),
    path("datasets/<slug:slug>/table/", tables.builder, name="table"),
    re_path(r"^tables/(?P<table_id>[-\w]{8,4000})/$", tables.permalink, name="table-permalink"),
    re_path(r"^tables/(?P<table_id>[-\w]{8,4000})/embed/$", tables.embed, name="table-embed"),
    re_path(r"^tables/(?P<table_id>[-\w]{8,4000})/table\.(?P<form>csv|ods|xlsx)$", tables.download, name="table-file"),
    path("datasets/<slug:slug>/compare/", compare.compare, name="compare"),
    re_path(r"^datasets/(?P<slug>[-\w]+)/latest/(?P<rest>[-\w./]*)$", pages.latest, name="latest"),
    re_path(r"^catalog\.(?P<form>jsonld|ttl)$", machines.catalogue_file, name="catalogue-file"),
    re_path(r"^datasets/(?P<slug>[-\w]{1,80})/dcat\.(?P<form>jsonld|ttl)$", machines.dataset_file, name="dataset-file"),
    path("feeds/<slug:name>.atom", machines.feed, name="feed"),
    path("sdmx/2.1/dataflow", sdmx.dataflow),
    path("sdmx/2.1/dataflow/", sdmx.dataflow),
    path("sdmx/2.1/dataflow/<str:agency>", sdmx.dataflow),
    path("sdmx/2.1/dataflow/<str:agency>/<str:flow>", sdmx.dataflow),
    path("sdmx/2.1/dataflow/<str:agency>/<str:flow>/<str:version>", sdmx.dataflow),
    path("sdmx/2.1/datastructure/<str:agency>/<str:structure>", sdmx.datastructure),
    path("sdmx/2.1/datastructure/<str:agency>/<str:structure>/<str:version>", sdmx.datastructure),
    re_path(r"^sdmx/2\.1/data/(?P<flow>[-\w,.]{1,200})$", sdmx.data, name="sdmx-data"),
    re_path(r"^sdmx/2\.1/data/(?P<flow>[-\w,.]{1,200})/(?P<key>[^/]{0,4000})/?$", sdmx.data),
    re_path(r"^sdmx/2\.1/data/(?P<flow>[-\w,.]{1,200})/(?P<key>[^/]{0,4000})/(?P<provider>[^/]{1,60})/?$", sdmx.data),
    path("datasets/signing-key.pem", machines.signing_key, name="signing-key"),
    path(".well-known/csvm", machines.csvm, name="csvm"),
    re_path(rf"^{VERSION}uk-metadata\.json$", machines.uk_metadata, name="uk-metadata"),
    re_path(rf"^{VERSION}citation\.(?P<form>txt|bib|ris|csl\.json|cff)$", machines.citation_file, name="citation"),
    re_path(rf"^{VERSION}$", pages.version_page, name="version"),
    re_path(rf"^{VERSION}files/(?P<name>[-\w.]{{1,200}})$", files.version_file, name="file"),
]
