"""Create S3 buckets as the template describes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.cloud.intrinsics import TemplateError
from sandbox.cloud.template import Made

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.cloud.aws import Aws
    from sandbox.cloud.properties import Properties
    from sandbox.cloud.template import Place


def make_bucket(aws: Aws, name: str, values: Properties, place: Place) -> Made:
    """Create a bucket with its versioning, encryption, locks and lifecycle."""
    s3 = aws.client("s3")
    elsewhere = place.region != "us-east-1"
    s3.create_bucket(
        Bucket=name,
        **(
            {"CreateBucketConfiguration": {"LocationConstraint": place.region}} if elsewhere else {}
        ),
    )
    if versioning := values.take("VersioningConfiguration"):
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration=versioning)
    if block := values.take("PublicAccessBlockConfiguration"):
        s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=block)
    if encryption := values.take("BucketEncryption"):
        s3.put_bucket_encryption(
            Bucket=name, ServerSideEncryptionConfiguration=_encryption(encryption)
        )
    if lifecycle := values.take("LifecycleConfiguration"):
        s3.put_bucket_lifecycle_configuration(
            Bucket=name,
            LifecycleConfiguration={"Rules": [_rule(each) for each in lifecycle["Rules"]]},
        )
    if ownership := values.take("OwnershipControls"):
        s3.put_bucket_ownership_controls(Bucket=name, OwnershipControls=ownership)
    return Made(ref=name, attributes={"Arn": f"arn:aws:s3:::{name}"})


def _encryption(said: Mapping[str, Any]) -> dict[str, Any]:
    # CloudFormation and the API use different words for the same two things.
    return {
        "Rules": [
            {
                "ApplyServerSideEncryptionByDefault": each["ServerSideEncryptionByDefault"],
                **(
                    {"BucketKeyEnabled": each["BucketKeyEnabled"]}
                    if "BucketKeyEnabled" in each
                    else {}
                ),
            }
            for each in said["ServerSideEncryptionConfiguration"]
        ]
    }


def _rule(said: Mapping[str, Any]) -> dict[str, Any]:
    left = dict(said)
    rule: dict[str, Any] = {
        "ID": left.pop("Id", ""),
        "Status": left.pop("Status"),
        "Filter": {"Prefix": left.pop("Prefix", "")},
    }
    if days := left.pop("ExpirationInDays", None):
        rule["Expiration"] = {"Days": int(days)}
    if left.pop("ExpiredObjectDeleteMarker", False):
        rule.setdefault("Expiration", {})["ExpiredObjectDeleteMarker"] = True
    for name in ("NoncurrentVersionExpiration", "AbortIncompleteMultipartUpload"):
        if name in left:
            rule[name] = left.pop(name)
    if left:
        raise TemplateError(f"the local cloud does not know the lifecycle settings {sorted(left)}")
    return rule
