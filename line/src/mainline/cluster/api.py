"""Asks the Kubernetes API: pods, ReplicaSets and Rollouts of one namespace, and nothing else; it changes nothing."""

from typing import Any
from urllib.parse import quote

import httpx

from mainline.cluster.kubeconfig import Access
from mainline.errors import ToolFailed

PATIENCE = 5.0
Item = dict[str, Any]
KINDS = {
    "pods": "api/v1",
    "replicasets": "apis/apps/v1",
    "rollouts": "apis/argoproj.io/v1alpha1",
}


class Api:
    """One namespace, as the API shows it."""

    def __init__(self, access: Access, namespace: str = "") -> None:
        """Args: the way to it; the namespace, by default the one that way is meant for."""
        self.namespace = namespace or access.namespace
        self._access = access
        # the API is not for a proxy that the environment names for the world outside
        self._client = httpx.Client(verify=access.context, timeout=PATIENCE, trust_env=False)

    def listed(self, kind: str, selector: str = "") -> list[Item]:
        """All objects of a kind with these labels; none where the cluster does not know the kind.

        Raises:
            ToolFailed: the API does not answer, or does not let this account read them.
        """
        where = f"{KINDS[kind]}/namespaces/{quote(self.namespace, safe='')}/{kind}"
        asked = {"labelSelector": selector} if selector else {}
        try:
            token = self._access.token()
            answer = self._client.get(
                f"{self._access.address}/{where}",
                params=asked,
                headers={"Authorization": f"Bearer {token}"} if token else {},
            )
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise ToolFailed(f"the Kubernetes API does not answer ({error or type(error).__name__})") from None
        if answer.status_code == httpx.codes.NOT_FOUND:
            return []
        try:
            said = answer.json()
            if answer.is_success:
                return [each for each in said["items"] if isinstance(each, dict)]
            why = said.get("message") or answer.reason_phrase
        except (ValueError, KeyError, TypeError, AttributeError):
            why = "what it answers is no list"
        raise ToolFailed(f"the Kubernetes API does not say which {kind} there are ({answer.status_code}: {why})")
