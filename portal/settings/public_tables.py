"""Which tables the public web process may read. What is not named is refused.

A name is ``app`` or ``app.Model``; the longer name wins. A test fails when a table of the
``default`` database is named in neither list, so that nobody forgets to decide.
"""

PUBLIC_TABLES = frozenset(
    {
        "api.ApiKey",  # hashes only; who holds a key is private
        "contenttypes",
        "datasets",
        "definitions",
        "home",
        "media",
        "opportunities",
        "organisations.Organisation",
        "publications",
        "search",
        "taggit",
        "wagtailcore.Collection",
        "wagtailcore.Locale",
        "wagtailcore.Page",
        "wagtailcore.PageViewRestriction",
        "wagtailcore.ReferenceIndex",  # numbers only: which page shows which image or document
        "wagtailcore.Site",
        "wagtaildocs",
        "wagtailembeds",
        "wagtailimages",
        "wagtailredirects",
        "wagtailsearch",
        "wagtailsearchpromotions.SearchPromotion",
    },
)
PRIVATE_TABLES = frozenset(
    {
        "account",
        "admin",
        "api",
        "auth",
        "authtoken",
        "core",
        "datasets.PreviewToken",  # who may see a draft
        "definitions.Perspective",  # working text; readers get PerspectiveVersion
        "definitions.Role",  # working text; readers get RoleVersion
        "django_celery_beat",
        "home.BrokenLink",
        "home.Feedback",  # what readers wrote; it comes in by a job
        "home.ReviewReminder",
        "mfa",
        "opportunities.ListingTemplate",  # a host's drafts
        "opportunities.OnlineAttendance",  # published for all hosts together
        "organisations",
        "pipelines",
        "publications.Bundle",
        "publications.BundleItem",
        "publications.EarlyAccess",
        "publications.EarlyRead",
        "publications.Subscription",
        "publications.SubscriptionMail",
        "publications.WebhookDelivery",
        "publications.WebhookEndpoint",
        "sessions",
        "socialaccount",
        "users",
        "usersessions",
        "wagtailadmin",
        "wagtailcore",  # drafts, comments, workflow, logs, tokens, permissions
        "wagtailforms",
        "wagtailsearchpromotions",
        "wagtailusers",
    },
)
# The audit trail is written and read, never changed: the service may insert and select only.
APPEND_ONLY_TABLES = frozenset({"core.AuditEvent", "submissions.SubmissionsAuditEvent"})
