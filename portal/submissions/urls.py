"""Addresses of the collection service, below /collect/."""

from django.urls import include, path

from portal.submissions.views import aggregate, comparison, details, forms, home, records, threads, token, uploads

app_name = "submissions"

_return = [
    path("", home.task_list, name="task_list"),
    path("begin/", home.begin, name="begin"),
    path("upload/", uploads.upload, name="upload"),
    path("reasons/", uploads.reasons, name="reasons"),
    path("records/", records.records, name="records"),
    path("records/new/", records.record, name="new_record"),
    path("records/<int:sequence>/", records.record, name="record"),
    path("records/<int:sequence>/remove/", records.remove, name="remove_record"),
    path("held/<int:row>/", records.held, name="held"),
    path("questions/<int:number>/", records.question, name="question"),
    path("typed/", records.typed_record, name="typed_record"),
    path("totals/", aggregate.totals, name="totals"),
    path("absent/", records.absent, name="absent"),
    path("details/", details.details, name="details"),
    path("messages/", threads.questions, name="questions"),
    path("reads/", threads.reads, name="reads"),
    path("check/", home.check_answers, name="check_answers"),
    path("comparison/", comparison.comparison, name="comparison"),
    path("history/", home.history, name="history"),
    path("versions/<int:number>/receipt/", home.receipt, name="receipt"),
    path("versions/<int:number>/receipt.pdf", home.receipt_pdf, name="receipt_pdf"),
]

urlpatterns = [
    path("", home.home, name="home"),
    path("token/", token.api_token, name="api_token"),
    path("forms/<slug:code>/", forms.dictionary, name="dictionary"),
    path("forms/<slug:code>/template.<slug:kind>", forms.template, name="template"),
    path("returns/<int:pk>/", include(_return)),
    path("uploads/<int:pk>/", uploads.upload_result, name="upload_result"),
    path("uploads/<int:pk>/status.json", uploads.upload_status, name="upload_status"),
    path("uploads/<int:pk>/errors.csv", uploads.upload_errors, {"kind": "csv"}, name="upload_errors"),
    path("uploads/<int:pk>/errors.xlsx", uploads.upload_errors, {"kind": "xlsx"}, name="upload_errors_xlsx"),
]
