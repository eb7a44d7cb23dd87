"""Make the two buckets of the object store when they are missing. For compose.yaml; clouds make theirs otherwise."""

from __future__ import annotations

import os

import boto3
from botocore.exceptions import ClientError


def main() -> None:
    """Make each bucket that the environment names."""
    client = boto3.client(
        "s3",
        endpoint_url=os.environ["S3_ENDPOINT_URL"],
        region_name=os.environ["S3_REGION"],
        aws_access_key_id=os.environ["S3_ACCESS_KEY"],
        aws_secret_access_key=os.environ["S3_SECRET_KEY"],
    )
    for name in (os.environ["S3_PUBLIC_BUCKET"], os.environ["S3_PRIVATE_BUCKET"]):
        try:
            client.head_bucket(Bucket=name)
        except ClientError:
            client.create_bucket(Bucket=name)
            print(f"made the bucket {name}")


if __name__ == "__main__":
    main()
