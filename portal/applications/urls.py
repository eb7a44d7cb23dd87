"""Addresses below ``/applications/``; the public process does not serve them."""

from django.urls import path

from portal.applications.views import applicant, host, places

app_name = "applications"
LISTING = "host/listings/<slug:reference>/"
urlpatterns = [
    path("", applicant.tracker, name="tracker"),
    path("host/", host.home, name="host"),
    path("host/<str:code>/new/", host.new, name="host_new"),
    path("host/<str:code>/elsewhere/", host.elsewhere, name="host_elsewhere"),
    path("host/<str:code>/report/", host.host_report, name="host_report"),
    path(LISTING, host.listing, name="host_listing"),
    path(f"{LISTING}edit/", host.edit, name="host_edit"),
    path(f"{LISTING}do/", host.do, name="host_do"),
    path(f"{LISTING}cancel/", host.cancel, name="host_cancel"),
    path(f"{LISTING}applications/", places.applications, name="host_applications"),
    path(f"{LISTING}applications/<slug:code>/", places.application, name="host_application"),
    path(f"{LISTING}review/", places.review_list, name="host_review_list"),
    path(f"{LISTING}review/<slug:code>/", places.review, name="host_review"),
    path(f"{LISTING}draw/", places.draw, name="host_draw"),
    path(f"{LISTING}concern/", places.concern, name="host_concern"),
    path("apply/<slug:reference>/", applicant.start, name="start"),
    path("apply/<slug:reference>/check/", applicant.check, name="check"),
    path("apply/<slug:reference>/<slug:step>/", applicant.step, name="step"),
    path("<slug:code>/", applicant.detail, name="detail"),
    path("<slug:code>/reply/", applicant.reply, name="reply"),
    path("<slug:code>/withdraw/", applicant.withdraw, name="withdraw"),
    path("<slug:code>/equality/", applicant.equality_questions, name="equality"),
    path("<slug:code>/feedback/", applicant.feedback, name="feedback"),
    path("<slug:code>/concern/", applicant.concern, name="concern"),
]
