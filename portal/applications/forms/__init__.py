"""Questions of applicants (``applicant``) and of hosts (``host``)."""
