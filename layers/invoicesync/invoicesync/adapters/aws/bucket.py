"""Objects on S3."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from invoicesync.adapters.aws.failures import code_of, translated

if TYPE_CHECKING:
    from collections.abc import Iterator

    from types_boto3_s3 import S3Client


class S3Bucket:
    """A `Bucket` on S3.

    Reading needs ``s3:ListBucket`` beside ``s3:GetObject``: without it S3 answers 403 for an object
    that is not there, and absence could not be told from a missing right.
    """

    def __init__(self, client: S3Client, name: str) -> None:
        self._client = client
        self._name = name

    def put(self, key: str, body: bytes) -> None:
        """Store, replacing."""
        with translated(f"storing s3://{self._name}/{key}"):
            self._client.put_object(Bucket=self._name, Key=key, Body=body)

    def put_new(self, key: str, body: bytes) -> bool:
        """Store where nothing is yet; False, and nothing changed, where something is."""
        with translated(f"storing s3://{self._name}/{key}"):
            try:
                self._client.put_object(Bucket=self._name, Key=key, Body=body, IfNoneMatch="*")
            except ClientError as error:
                if code_of(error) != "PreconditionFailed":
                    raise
                return False
            return True

    def keys(self, prefix: str) -> Iterator[str]:
        """List the keys that begin with ``prefix``, in order; for people at a desk."""
        with translated(f"listing s3://{self._name}/{prefix}"):
            pages = self._client.get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=self._name, Prefix=prefix):
                yield from (each.get("Key", "") for each in page.get("Contents", []))

    def get(self, key: str) -> bytes | None:
        """Read; None where there is none."""
        with translated(f"reading s3://{self._name}/{key}"):
            try:
                return self._client.get_object(Bucket=self._name, Key=key)["Body"].read()
            except ClientError as error:
                if code_of(error) != "NoSuchKey":
                    raise
                return None
