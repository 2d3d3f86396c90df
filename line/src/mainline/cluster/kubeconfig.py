"""Where the Kubernetes API is, and what opens it: the pod's own service account, or the file that KUBECONFIG names."""

import base64
import binascii
import os
import ssl
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from mainline.errors import ConfigError

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")


@dataclass(frozen=True)
class Access:
    """A way to the API."""

    address: str
    namespace: str
    """The one that it is meant for, where nobody names another."""
    context: ssl.SSLContext | bool
    token: Callable[[], str]
    """Read anew each time: a pod's token is replaced each hour."""


def found() -> Access:
    """The way from here: KUBECONFIG's, else that of the pod this runs in.

    Raises:
        ConfigError: there is neither, or the file is none.
    """
    if named := os.environ.get("KUBECONFIG"):
        return _of_file(Path(named.split(os.pathsep)[0]))
    host, port = os.environ.get("KUBERNETES_SERVICE_HOST"), os.environ.get("KUBERNETES_SERVICE_PORT", "443")
    if not host or not (ACCOUNT / "token").exists():
        raise ConfigError("no Kubernetes API here: this is no pod with a service account, and KUBECONFIG names no file")
    return Access(
        f"https://{f'[{host}]' if ':' in host else host}:{port}",
        (ACCOUNT / "namespace").read_text().strip(),
        ssl.create_default_context(cafile=str(ACCOUNT / "ca.crt")),
        lambda: (ACCOUNT / "token").read_text().strip(),
    )


def _of_file(path: Path) -> Access:
    try:
        said = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
        chosen = _named(said, "contexts", said["current-context"])["context"]
        cluster = _named(said, "clusters", chosen["cluster"])["cluster"]
        user = _named(said, "users", chosen["user"])["user"]
        address = str(cluster["server"]).rstrip("/")
        context = _context(cluster, user, path.parent) if address.startswith("https:") else False
    except (OSError, YAMLError, KeyError, TypeError, StopIteration, ValueError, ssl.SSLError) as error:
        raise ConfigError(f"KUBECONFIG {path}: cannot be used ({' '.join(str(error).split())[:120]})") from None
    if "exec" in user or "auth-provider" in user:
        raise ConfigError(f"KUBECONFIG {path}: its user signs in by a program; give one with a token or a certificate")
    return Access(address, chosen.get("namespace", "default"), context, lambda: _token(user, path.parent))


def _named(said: Any, kind: str, name: str) -> Any:
    return next(each for each in said[kind] if each["name"] == name)


def _token(user: dict[str, Any], folder: Path) -> str:
    return (folder / user["tokenFile"]).read_text().strip() if "tokenFile" in user else str(user.get("token", ""))


def _context(cluster: dict[str, Any], user: dict[str, Any], folder: Path) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if cluster.get("insecure-skip-tls-verify"):
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    elif authority := _bytes(cluster, "certificate-authority", folder):
        context = ssl.create_default_context(cadata=authority.decode())
    certificate, key = _bytes(user, "client-certificate", folder), _bytes(user, "client-key", folder)
    if certificate and key:
        with tempfile.NamedTemporaryFile() as both:  # ssl reads them from a file alone
            both.write(certificate + b"\n" + key)
            both.flush()
            context.load_cert_chain(both.name)
    return context


def _bytes(said: dict[str, Any], name: str, folder: Path) -> bytes:
    """What a file holds, whether it is named or written out."""
    try:
        if written := said.get(f"{name}-data"):
            return base64.b64decode(written, validate=True)
    except binascii.Error:
        raise ValueError(f"{name}-data is no base64") from None
    return (folder / said[name]).read_bytes() if name in said else b""
