"""Uploads through the virus scanner: clean, infected, absent, and in trouble of its own."""

from __future__ import annotations

import socketserver
import struct
import threading

import pytest

from portal.core.storage import private_files
from portal.submissions.actions import receive_upload
from portal.submissions.actions.uploads import process
from portal.submissions.models import Upload
from tests.factories import submissions as make

pytestmark = pytest.mark.django_db(databases=["default", "submissions"])


@pytest.fixture
def clamd(tmp_path_factory):
    """A socket that speaks as clamd does. It finds what holds the word EICAR."""
    place = str(tmp_path_factory.mktemp("s") / "clamd")

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            assert self.rfile.read(10) == b"zINSTREAM\0"
            data = b""
            while length := struct.unpack(">I", self.rfile.read(4))[0]:
                data += self.rfile.read(length)
            answer = b"stream: Eicar-Signature FOUND" if b"EICAR" in data else b"stream: OK"
            self.wfile.write((b"INSTREAM size limit exceeded. ERROR" if b"TROUBLE" in data else answer) + b"\0")

    with socketserver.ThreadingUnixStreamServer(place, Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield place
        server.shutdown()
        thread.join()


def sent(folder, title: str) -> Upload:
    organisation = make.organisation()
    of_return = make.the_return(make.collection())
    path = make.rows_file(folder, make.record("A1", job_title=title))
    upload = receive_upload(
        by=make.person("editor@example.org", organisation), of_return=of_return, path=path, file_name="staff.csv"
    )
    return process(upload=Upload.objects.get(pk=upload.pk))


@pytest.mark.parametrize(
    ("title", "state", "says"),
    [
        ("Adviser", "checked", ""),
        ("EICAR", "refused", "found “Eicar-Signature” in the file. The file is deleted"),
        ("TROUBLE", "refused", "could not be checked for viruses (it said “INSTREAM size limit exceeded. ERROR”)"),
    ],
)
def test_what_the_scanner_says(clamd, settings, tmp_path, title, state, says):
    settings.CLAMD_SOCKET = clamd
    upload = sent(tmp_path, title)
    assert (upload.state, says in upload.message) == (state, True)
    assert bool(upload.stored_as) is (title != "EICAR")


def test_an_infected_file_is_gone(clamd, settings, tmp_path, monkeypatch):
    settings.CLAMD_SOCKET = clamd
    names = []
    monkeypatch.setattr(private_files, "delete", names.append)
    sent(tmp_path, "EICAR")
    assert len(names) == 1


@pytest.mark.parametrize("place", ["/nowhere/clamd", "127.0.0.1:9"])
def test_without_the_scanner_nothing_is_read_and_it_is_said(settings, tmp_path, place):
    settings.CLAMD_SOCKET = place
    upload = sent(tmp_path, "Adviser")
    assert upload.state == "refused"
    assert "could not be checked for viruses (it cannot be reached" in upload.message
    assert upload.stored_as
    settings.CLAMD_SOCKET = ""
    upload.state, upload.attempts = "received", 0
    assert process(upload=upload).state == "checked"
