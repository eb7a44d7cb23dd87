"""Files kept in the buckets of an S3-compatible server, in a process of its own, which checks every signature."""

from __future__ import annotations

import hashlib
import os
import subprocess
import time
import urllib.request

import boto3
import environ
import pyarrow.parquet as pq
import pytest
from botocore.exceptions import BotoCoreError, ClientError
from django.core.files.storage import storages

from portal.core.storage import private_files, public_files
from portal.datasets.queries import observations
from portal.embedded import free_port
from portal.settings import stores
from tests.factories.datasets import make_dataset, make_draft, make_metadata, make_published
from tests.interop.clients import CLIENTS, needs_clients

pytestmark = [pytest.mark.interop, pytest.mark.django_db(transaction=True), needs_clients]
KEY, SECRET = "portal", "a secret that only tests know"
START_SECONDS = 120


@pytest.fixture
def endpoint(tmp_path):
    """Start the server with two empty buckets."""
    port = free_port()
    environment = {**os.environ, "NANIO_ACCESS_KEY": KEY, "NANIO_SECRET_KEY": SECRET, "PYTHONPATH": ""}
    command = [str(CLIENTS / "nanio"), "serve", "--data-dir", str(tmp_path / "buckets"), "--host", "127.0.0.1"]
    (tmp_path / "buckets").mkdir()
    with (tmp_path / "store.log").open("wb") as log:
        process = subprocess.Popen([*command, "--port", str(port)], env=environment, stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            for name in ("portal-public", "portal-private"):
                client(address).create_bucket(Bucket=name)
            break
        except BotoCoreError:  # nobody listens yet
            assert time.monotonic() < deadline, (tmp_path / "store.log").read_text()
            time.sleep(0.2)
    yield address
    process.terminate()
    process.wait(60)


def client(address, secret=SECRET):
    return boto3.client(
        "s3", endpoint_url=address, aws_access_key_id=KEY, aws_secret_access_key=secret, region_name="us-east-1"
    )


@pytest.fixture
def buckets(endpoint, settings, monkeypatch, tmp_path):
    """Keep the portal's files in the buckets, by the settings that an installation would use."""
    for name, value in {
        "S3_PUBLIC_BUCKET": "portal-public", "S3_PRIVATE_BUCKET": "portal-private", "S3_ENDPOINT_URL": endpoint,
        "S3_REGION": "us-east-1", "S3_ACCESS_KEY": KEY, "S3_SECRET_KEY": SECRET,
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    settings.STORAGES = stores.build(
        environ.Env(), media_root=tmp_path / "media", content_root=tmp_path / "content", process="service"
    )
    return endpoint


def listed(address, bucket):
    found = client(address).list_objects_v2(Bucket=bucket).get("Contents", [])
    return {entry["Key"]: entry["Size"] for entry in found}


def test_versions_are_kept_and_served_from_buckets(buckets, live_server, settings, tmp_path):
    settings.BASE_URL = live_server.url
    assert type(storages["public"]).__name__ == "S3Storage"
    draft = make_draft(make_dataset("secret"), tmp_path, metadata=make_metadata(roles={"all": "All roles"}))
    assert listed(buckets, "portal-public") == {}  # what is not published is in the private bucket alone
    version = make_published(make_dataset("staff"), tmp_path)
    public = listed(buckets, "portal-public")
    for file in version.files.all():
        assert public[f"content/{public_files.name_of(file.sha256)}"] == file.bytes
        with urllib.request.urlopen(live_server.url + file.get_absolute_url()) as answer:  # noqa: S310 - our own server
            assert hashlib.sha256(answer.read()).hexdigest() == file.sha256
    assert not public_files.exists(draft.digest)
    assert private_files.exists(draft.digest)
    parquet = version.files.get(name="staff-1.0.0.parquet")
    address = live_server.url + parquet.get_absolute_url()
    request = urllib.request.Request(address, headers={"Range": "bytes=-8"})  # noqa: S310 - our own server
    with urllib.request.urlopen(request) as answer:  # noqa: S310 - our own server
        assert (answer.status, answer.read()[-4:]) == (206, b"PAR1")
    assert len(observations(version)) == pq.read_metadata(public_files.local_path(version.digest)).num_rows
    with public_files.open(parquet.sha256) as file:
        assert file.read(4) == b"PAR1"


def test_content_is_never_written_over_and_keys_are_checked(buckets, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"the content")
    digest = public_files.put(path)
    before = client(buckets).head_object(Bucket="portal-public", Key=f"content/{public_files.name_of(digest)}")
    assert public_files.put(path) == digest
    after = client(buckets).head_object(Bucket="portal-public", Key=f"content/{public_files.name_of(digest)}")
    assert before["LastModified"] == after["LastModified"]
    assert public_files.size(digest) == len(b"the content")
    with pytest.raises(ClientError):
        client(buckets, "another secret").list_objects_v2(Bucket="portal-public")
