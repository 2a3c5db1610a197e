"""Roles as moto's IAM has them now, and the temporary credentials of moto's STS by which functions act as them."""

import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from local_cloud.backend.application import AwsBackend
from local_cloud.backend.moto_state import ACCOUNT_ID, backends_of
from local_cloud.errors import StartupError
from local_cloud.iam.policy import Decision, decide, granted_to

# Lambda renews a function's credentials when it starts another environment. Ours may run for as long as this cloud
# does, so theirs hold longer than that.
_FUNCTION_SECONDS = 10 * 365 * 24 * 3600
# How AWS begins the ids of temporary keys.
TEMPORARY_KEY = "ASIA"


@dataclass(frozen=True)
class Credentials:
    """What AssumeRole answers."""

    access_key_id: str
    secret_access_key: str
    session_token: str
    role: str  # ARN
    session: str  # the function's name
    expires: datetime

    @property
    def principal(self) -> str:
        """The caller as refusals name it."""
        return f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/{self.role.rsplit('/', 1)[-1]}/{self.session}"


class Roles:
    """Issues credentials, knows them again (also those that anybody got by sts:AssumeRole), and reads policies."""

    def __init__(self, backend: AwsBackend) -> None:
        self._backend = backend
        self._keys: dict[tuple[str, str], str] = {}
        self._lock = threading.Lock()

    def assume(self, role: str, session: str) -> Credentials:
        """Credentials for a function, the same at every call; those of an earlier start hold no longer.

        Raises StartupError where Lambda may not assume the role.
        """
        with self._lock, self._backend.lock:
            found = self.issued(self._keys.get((role, session), ""))
            if found is None:
                _require_trust(role)
                found = _credentials(_assume_anew(role, session))
                self._keys[role, session] = found.access_key_id
            return found

    def issued(self, access_key_id: str) -> Credentials | None:
        """Whose key this is; None: not a role's."""
        if not access_key_id.startswith(TEMPORARY_KEY):
            return None
        with self._backend.lock:
            found = _sts().get_assumed_role_from_access_key(access_key_id)
        return _credentials(found) if found else None

    def policies(self, role: str) -> list[str]:
        """Documents of the inline and managed policies, as they are at this moment; none where the role is gone."""
        with self._backend.lock:
            found = _find(role)
            if found is None:
                return []
            return [*found.policies.values(), *map(_default_document, found.managed_policies.values())]


def _assume_anew(role: str, session: str) -> Any:
    sts, keys = _sts(), backends_of("iam")[ACCOUNT_ID]["aws"].access_keys
    for earlier in [each for each in sts.assumed_roles if (each.role_arn, each.session_name) == (role, session)]:
        sts.assumed_roles.remove(earlier)
        keys.pop(earlier.access_key_id, None)
    return sts.assume_role("us-east-1", session, role, None, _FUNCTION_SECONDS, None)


def _credentials(assumed: Any) -> Credentials:
    return Credentials(
        access_key_id=assumed.access_key_id,
        secret_access_key=assumed.secret_access_key,
        session_token=assumed.session_token,
        role=assumed.role_arn,
        session=assumed.session_name,
        expires=assumed.expiration.replace(tzinfo=UTC),
    )


def _require_trust(role: str) -> None:
    found = _find(role)
    document = found.assume_role_policy_document if found else '{"Statement": []}'
    trusted = granted_to(document, "lambda.amazonaws.com")
    if decide([trusted], "sts:AssumeRole", role, {}) is not Decision.ALLOWED:
        raise StartupError(f"The role defined for the function cannot be assumed by Lambda: {role}")


def _sts() -> Any:
    return backends_of("sts")[ACCOUNT_ID]["aws"]


def _find(role: str) -> Any:
    by_id = backends_of("iam")[ACCOUNT_ID]["aws"].roles
    return next((found for found in by_id.values() if found.arn == role), None)


def _default_document(policy: Any) -> str:
    found = next(version for version in policy.versions if version.version_id == policy.default_version_id)
    return str(found.document)
