"""What `kubectl kustomize deploy` makes of the manifests, for each route: by the API's schemas, and as safe as it says.

No package has schemas for the kinds of others (Rollout, HTTPRoute and the like); `make test-cluster` has a real API
server look at them by their own definitions.
"""

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from mainline.cluster import server
from mainline.commands import judge
from mainline.host import desired
from mainline.host.model import Release

TOP = Path(__file__).parents[3]
ROUTES = ("traefik", "gateway-api", "replicas")
OLDEST = "1.34"
"""A Kubernetes: its schemas are looked at."""
RELEASE = Release(version="0123456789ab-01234567", commit="0" * 40, image=f"ghcr.io/team/it@sha256:{'1' * 64}")
THEIRS = {"argoproj.io", "gateway.networking.k8s.io", "traefik.io", "monitoring.coreos.com"}
Object = dict[str, Any]


def rendered(folder: Path, route: str = ROUTES[0], text: str | None = None) -> subprocess.CompletedProcess[str]:
    """What kustomize says of deploy/, with one route, all components, and a canary.env."""
    shutil.copytree(TOP / "deploy", folder / "deploy", ignore=shutil.ignore_patterns("*.env", "ledger"))
    path = folder / "deploy/kustomization.yaml"
    path.write_text(path.read_text().replace(f"routes/{ROUTES[0]}", f"routes/{route}").replace("# - kub", "- kub"))
    if text is None:
        text = desired.text_of(replace(RELEASE, gate_verdict="NOT CERTIFIED"))
    if text:
        (folder / "deploy/canary.env").write_text(text)
    command = ["kubectl", "kustomize", str(folder / "deploy")]
    return subprocess.run(command, capture_output=True, text=True)


@pytest.fixture(scope="module", params=ROUTES)
def objects(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[Object]:
    """What the cluster is given."""
    done = rendered(tmp_path_factory.mktemp(request.param), request.param)
    assert done.returncode == 0, done.stderr
    return list(yaml.safe_load_all(done.stdout))


def of(objects: list[Object], kind: str, name: str | None = None) -> Object:
    """The one object of a kind, or of a kind and a name."""
    [found] = [each for each in objects if each["kind"] == kind and name in (None, each["metadata"]["name"])]
    return found


def templates(objects: list[Object]) -> dict[str, Object]:
    """The templates of the pods, by who makes them."""
    return {kind: of(objects, kind)["spec"]["template"] for kind in ("Rollout", "Deployment")}


def test_each_object_is_as_the_api_has_it(objects: list[Object]) -> None:
    """The API's own kinds to the letter; and a key that it does not know would be told."""
    own = [each for each in objects if each["apiVersion"].partition("/")[0] not in THEIRS]
    assert len(own) >= 14
    for each in own:
        kubernetes_validate.validate(each, OLDEST, strict=True)
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(of(objects, "Deployment") | {"specs": {}}, OLDEST, strict=True)
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "it"}}  # what a Rollout's template is
    kubernetes_validate.validate(pod | {"spec": templates(objects)["Rollout"]["spec"]}, OLDEST, strict=True)


def test_every_object_stands_in_the_projects_namespace(objects: list[Object]) -> None:
    """Two projects in one cluster do not meet; names are unique within it."""
    assert {each["metadata"].get("namespace") for each in objects} == {"digit" + "line"}
    named = [(each["kind"], each["metadata"]["name"]) for each in objects]
    assert len(named) == len(set(named))


def test_canary_env_says_which_image_runs_and_as_which_version(objects: list[Object]) -> None:
    """By digest, both of the model and of the judge."""
    template = templates(objects)["Rollout"]
    assert template["metadata"]["labels"]["version"] == RELEASE.version
    assert template["metadata"]["annotations"]["force"] == "no"
    images = [container["image"] for each in templates(objects).values() for container in each["spec"]["containers"]]
    assert images[0] == RELEASE.image
    assert all(re.search(r"@sha256:[0-9a-f]{64}$", image) for image in images)


def test_a_forced_version_is_another_template(tmp_path: Path) -> None:
    """So that Argo Rollouts, which tries no template twice, starts it once more."""
    done = rendered(tmp_path, text=desired.text_of(replace(RELEASE, force="20260301T120000.000001")))
    rollout = of(list(yaml.safe_load_all(done.stdout)), "Rollout")
    assert rollout["spec"]["template"]["metadata"]["annotations"]["force"] == "20260301T120000.000001"


@pytest.mark.parametrize(
    ("text", "said"),
    [("", "canary.env"), (desired.text_of(replace(RELEASE, image="", bento="model:one")), "data.IMAGE` is missing")],
    ids=["nothing was merged yet", "a Bento without an image"],
)
def test_without_an_image_nothing_is_applied(tmp_path: Path, text: str, said: str) -> None:
    """Kustomize ends with an error that names the file or the key; docs/kubernetes.md says what to do."""
    done = rendered(tmp_path, text=text)
    assert done.returncode != 0
    assert done.stdout == ""
    assert said in done.stderr


def test_pods_are_restricted(objects: list[Object]) -> None:
    """As Kubernetes' Pod Security Standard "restricted" wants it, and nothing writes where it is not said."""
    for template in templates(objects).values():
        spec = template["spec"]
        assert spec["securityContext"]["runAsNonRoot"]
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert not {"hostNetwork", "hostPID", "hostIPC"} & set(spec)
        assert {next(iter(set(each) - {"name"})) for each in spec["volumes"]} <= {
            "emptyDir",
            "projected",
            "persistentVolumeClaim",
        }
        for container in spec["containers"]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            assert container["resources"]["limits"]["memory"]


def test_users_are_those_of_the_images(objects: list[Object]) -> None:
    """As the two files say that the images are made by."""
    users = {kind: str(each["spec"]["securityContext"]["runAsUser"]) for kind, each in templates(objects).items()}
    assert f"USER {users['Deployment']}\n" in (TOP / "deploy/host/Dockerfile").read_text()
    assert users["Rollout"] == "1034"  # BentoML's own


def test_the_model_asks_nobody_and_the_judge_changes_nothing(objects: list[Object]) -> None:
    """No token and no way out for the one; the other may look at three kinds of its namespace."""
    assert templates(objects)["Rollout"]["spec"]["automountServiceAccountToken"] is False
    policies = {each["metadata"]["name"]: each["spec"] for each in objects if each["kind"] == "NetworkPolicy"}
    assert policies["model"]["egress"] == []
    assert set(policies["model"]["policyTypes"]) == {"Ingress", "Egress"}
    for policy in policies.values():
        assert all(rule.get("from") and rule["ports"] for rule in policy.get("ingress", []))
    rules = of(objects, "Role")["rules"]
    assert {verb for rule in rules for verb in rule["verbs"]} == {"get", "list"}
    assert {kind for rule in rules for kind in rule["resources"]} == {"pods", "replicasets", "rollouts"}


def test_the_models_container_is_the_image(objects: list[Object]) -> None:
    """Port and probes: as Dockerfile.j2 has it, and the service answers it without a key."""
    [container] = templates(objects)["Rollout"]["spec"]["containers"]
    [port] = container["ports"]
    assert f"EXPOSE {port['containerPort']}\n" in (TOP / "Dockerfile.j2").read_text()
    probes = [container[name]["httpGet"]["path"] for name in ("startupProbe", "readinessProbe", "livenessProbe")]
    assert probes == ["/readyz", "/readyz", "/livez"]
    assert [each["mountPath"] for each in container["volumeMounts"]] == ["/tmp"]
    for service in [each for each in objects if each["kind"] == "Service" and each["metadata"]["name"] != "judge"]:
        assert service["spec"]["ports"][0]["targetPort"] == port["name"]


def test_the_judge_is_started_as_the_line_has_it(objects: list[Object]) -> None:
    """Its options exist, and its state is on the disk that is kept."""
    [container] = templates(objects)["Deployment"]["spec"]["containers"]
    assert container["args"][0] == "judge"
    given = {word for word in container["args"] if word.startswith("--")}
    assert given <= {option for parameter in judge.verb.params for option in parameter.opts}
    assert container["args"][container["args"].index("--state") + 1] == "/state"
    assert {"name": "state", "mountPath": "/state"} in container["volumeMounts"]
    probed = {container[name]["httpGet"]["path"] for name in ("readinessProbe", "livenessProbe")}
    assert all(path in (server.__doc__ or "") for path in probed)


def test_an_analysis_ends_by_evidence_alone(objects: list[Object]) -> None:
    """Neither by a time that is over, nor by a judge that is away."""
    never = 2**31 - 1
    for each in [each for each in objects if each["kind"] == "AnalysisTemplate"]:
        [metric] = each["spec"]["metrics"]
        name = each["metadata"]["name"]
        assert (metric["count"], metric["inconclusiveLimit"], metric["consecutiveErrorLimit"]) == (never, never, never)
        assert (metric["consecutiveSuccessLimit"], metric["failureLimit"]) == (1, 0)
        assert metric["failureCondition"] == 'result == "rollback"'
        url = metric["provider"]["web"]["url"]
        assert url.startswith(f"http://judge.{{{{args.namespace}}}}.svc:8081/{name}?")
        used = set(re.findall(r"\{\{args\.(\w+)\}\}", url))
        assert used == {arg["name"] for arg in each["spec"]["args"]}
        for step in of(objects, "Rollout")["spec"]["strategy"]["canary"]["steps"]:
            analysis = step.get("analysis", {"templates": [{}], "args": []})
            if analysis["templates"][0].get("templateName") == name:
                assert used == {arg["name"] for arg in analysis["args"]}


def test_metrics_are_no_users(objects: list[Object]) -> None:
    """A route lets through what people and clients ask, and not what the service counts."""
    for kind in ("HTTPRoute", "IngressRoute"):
        for each in [each for each in objects if each["kind"] == kind]:
            assert "predict" in str(each["spec"])
            assert "metrics" not in str(each["spec"])


def test_a_version_gets_its_share_by_the_route(objects: list[Object]) -> None:
    """A router by weights that are Argo Rollouts' own; without one, ten pods."""
    rollout = of(objects, "Rollout")["spec"]
    routing = rollout["strategy"]["canary"].get("trafficRouting", {})
    kinds = {each["kind"] for each in objects}
    if "HTTPRoute" in kinds:
        plugin = routing["plugins"]["argoproj-labs/gatewayAPI"]
        route = of(objects, "HTTPRoute")["metadata"]
        assert (plugin["httpRoute"], plugin["namespace"]) == (route["name"], route["namespace"])
    elif "TraefikService" in kinds:
        assert routing == {"traefik": {"weightedTraefikServiceName": of(objects, "TraefikService")["metadata"]["name"]}}
    else:
        assert not routing
        assert rollout["replicas"] == 10 == of(objects, "HorizontalPodAutoscaler")["spec"]["minReplicas"]


def test_argo_cd_leaves_what_moves_by_itself() -> None:
    """It applies deploy/ of main; the pods' number and the route's weights are not git's."""
    application = yaml.safe_load((TOP / "deploy/kubernetes/application.yaml").read_text())["spec"]
    assert (application["source"]["path"], application["source"]["targetRevision"]) == ("deploy", "main")
    assert {each["kind"] for each in application["ignoreDifferences"]} == {"Rollout", "HTTPRoute", "TraefikService"}
    assert "RespectIgnoreDifferences=true" in application["syncPolicy"]["syncOptions"]
    assert (
        application["destination"]["namespace"]
        == yaml.safe_load((TOP / "deploy/kustomization.yaml").read_text())["namespace"]
    )
