"""One secret with labelled versions, on Secrets Manager."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from invoicesync.adapters.aws.failures import code_of, translated
from invoicesync.errors import ConditionFailedError
from invoicesync.ports import SecretVersion, Stage

if TYPE_CHECKING:
    from types_boto3_secretsmanager import SecretsManagerClient


class SecretsManagerSecret:
    """A `Secret` on Secrets Manager."""

    def __init__(self, client: SecretsManagerClient, arn: str) -> None:
        self._client = client
        self._arn = arn

    def read(self, stage: Stage) -> SecretVersion | None:
        """Read the version that bears ``stage``; None where there is none, or it is empty."""
        with translated(f"reading {stage} of {self._arn}"):
            try:
                answer = self._client.get_secret_value(SecretId=self._arn, VersionStage=stage)
            except ClientError as error:
                if code_of(error) != "ResourceNotFoundException":
                    raise
                return None
        value = answer.get("SecretString", "")
        return SecretVersion(answer["VersionId"], value) if value.strip() else None

    def put_pending(self, value: str, *, version_id: str) -> None:
        """Store a new version as AWSPENDING; the same id and value again changes nothing.

        The same id with another value raises `RefusedError`.
        """
        with translated(f"storing a pending version of {self._arn}"):
            self._client.put_secret_value(
                SecretId=self._arn,
                ClientRequestToken=version_id,
                SecretString=value,
                VersionStages=[Stage.PENDING],
            )

    def promote(self, version_id: str, *, replacing: str | None) -> None:
        """Move AWSCURRENT to ``version_id`` if ``replacing`` still holds it.

        Raises `ConditionFailedError` where another does. That ``version_id`` already holds it is no
        failure: an earlier call, or a repeat of this one inside the client, came through.
        """
        with translated(f"promoting a version of {self._arn}"):
            holder = self._holder()
            if holder == version_id:
                return
            if holder != replacing:
                raise ConditionFailedError({"version_id": holder})
            try:
                self._move(version_id, replacing)
            except ClientError as error:
                if code_of(error) != "InvalidParameterException":
                    raise
                holder = self._holder()
                if holder != version_id:
                    raise ConditionFailedError({"version_id": holder}) from error

    def _move(self, version_id: str, replacing: str | None) -> None:
        # The check above is for the caller's sake; RemoveFromVersionId is the one that decides.
        if replacing is None:
            self._client.update_secret_version_stage(
                SecretId=self._arn, VersionStage=Stage.CURRENT, MoveToVersionId=version_id
            )
        else:
            self._client.update_secret_version_stage(
                SecretId=self._arn,
                VersionStage=Stage.CURRENT,
                MoveToVersionId=version_id,
                RemoveFromVersionId=replacing,
            )

    def _holder(self) -> str | None:
        labels = self._client.describe_secret(SecretId=self._arn).get("VersionIdsToStages", {})
        holders = [version for version, stages in labels.items() if Stage.CURRENT in stages]
        return holders[0] if holders else None
