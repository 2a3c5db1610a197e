"""Roles as moto's IAM has them now, and the temporary credentials by which functions act as them."""

import json
import secrets
import threading
from dataclasses import dataclass
from typing import Any

from local_cloud.backend.application import AwsBackend
from local_cloud.backend.moto_state import ACCOUNT_ID, backends_of
from local_cloud.errors import StartupError
from local_cloud.iam.policy import Decision, decide, granted_to


@dataclass(frozen=True)
class Credentials:
    """What AssumeRole answers. They hold until this cloud stops; a function's environment never outlives it."""

    access_key_id: str
    secret_access_key: str
    session_token: str
    role: str  # ARN
    session: str  # the function's name

    @property
    def principal(self) -> str:
        """The caller as refusals name it."""
        return f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/{self.role.rsplit('/', 1)[-1]}/{self.session}"


class Roles:
    """Issues credentials, knows them again, and reads what a role may do."""

    def __init__(self, backend: AwsBackend) -> None:
        self._backend = backend
        self._issued: dict[str, Credentials] = {}
        self._by_session: dict[tuple[str, str], Credentials] = {}
        self._lock = threading.Lock()

    def assume(self, role: str, session: str) -> Credentials:
        """Credentials for a function, the same at every call.

        Raises StartupError where Lambda may not assume the role.
        """
        with self._lock:
            if (role, session) not in self._by_session:
                self._require_trust(role)
                found = Credentials(
                    access_key_id="ASIA" + secrets.token_hex(8).upper(),
                    secret_access_key=secrets.token_urlsafe(30),
                    session_token=secrets.token_urlsafe(60),
                    role=role,
                    session=session,
                )
                self._issued[found.access_key_id] = self._by_session[role, session] = found
            return self._by_session[role, session]

    def issued(self, access_key_id: str) -> Credentials | None:
        """Whose key this is; None: not a role's."""
        return self._issued.get(access_key_id)

    def policies(self, role: str) -> list[str]:
        """Documents of the inline and managed policies, as they are at this moment; none where the role is gone."""
        with self._backend.lock:
            found = _find(role)
            if found is None:
                return []
            managed = [_managed_document(policy) for policy in found.managed_policies.values()]
            return [_text(document) for document in [*found.policies.values(), *managed]]

    def _require_trust(self, role: str) -> None:
        with self._backend.lock:
            found = _find(role)
            document = found.assume_role_policy_document if found else '{"Statement": []}'
        trusted = granted_to(document, "lambda.amazonaws.com")
        if decide([trusted], "sts:AssumeRole", role, {}) is not Decision.ALLOWED:
            raise StartupError(f"The role defined for the function cannot be assumed by Lambda: {role}")


def _find(role: str) -> Any:
    by_id = backends_of("iam")[ACCOUNT_ID]["aws"].roles
    return next((found for found in by_id.values() if found.arn == role), None)


def _managed_document(policy: Any) -> Any:
    return policy.document


def _text(document: Any) -> str:
    return document if isinstance(document, str) else json.dumps(document)
