"""What the cluster's judge answers over HTTP, by real git, real counters and the API as it answers."""

import json
import shutil
import threading
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from line.tests.cluster.stage import PARAMS, Stage, served
from line.tests.host.hosts import release
from mainline.cluster.serve import Service
from mainline.errors import ConfigError

PAIR = "canary=bbb&stable=aaa"
JUDGE, RELEASED, BARRED = f"/judge?{PAIR}&share=0.1", f"/released?{PAIR}&share=0.1", f"/barred?{PAIR}"


def go_bad(stage: Stage, service: Service) -> dict[str, Any]:
    """Have the canary fail, and ask."""
    a, b = stage.pods[:2]
    stage.ask(service, JUDGE)
    stage.serve((a, 900, 0), (b, 50, 50))
    return stage.ask(service, JUDGE)


def go_well(stage: Stage, service: Service, path: str = JUDGE) -> dict[str, Any]:
    """Have the canary answer well, and ask."""
    a, b = stage.pods[:2]
    stage.ask(service, path)
    stage.serve((a, 90_000, 0), (b, 10_000, 0))
    return stage.ask(service, path)


def barred(stage: Stage, service: Service) -> dict[str, Any]:
    """The answer once git was read since it was asked."""
    stage.ask(service, BARRED)
    stage.round(service)
    return stage.ask(service, BARRED)


def test_a_good_canary_may_go_on(stage: Stage) -> None:
    """Once both sides have answered enough; before, it is held."""
    service = stage.judge()
    assert stage.ask(service, JUDGE)["cause"] == "traffic"
    said = go_well(stage, service)
    assert (said["answer"], said["cause"], said["requests"], said["version"]) == ("next", "good", 10_000, "bbbbbbbb")
    stage.round(service)
    assert [(each["event"], each["version"][:1], each["share"]) for each in stage.ledger()] == [
        ("promoted", "a", 1.0),
        ("started", "b", 0.0),
        ("canary", "b", 0.1),
    ]


def test_a_bad_canary_is_rolled_back_barred_and_written_down(stage: Stage) -> None:
    """The ledger has it once, with the judge's reason and the cluster's name; whoever asks again hears the same."""
    service = stage.judge(name="paris")
    assert go_bad(stage, service)["answer"] == "rollback"
    assert stage.ask(service, JUDGE)["answer"] == "rollback"
    stage.round(service)
    assert stage.events() == [("promoted", "a"), ("rolled back", "b")]
    entry = stage.ledger()[-1]
    assert entry["production"] == "aaaaaaaa"
    assert (entry["event"], entry["version"], entry["host"]) == ("rolled back", "bbbbbbbb", "paris")
    assert (entry["commit"], entry["share"]) == ("b" * 40, 0.1)
    assert "50 of 100" in entry["reason"]
    assert barred(stage, service)["answer"] == "rollback"
    assert stage.ask(service, RELEASED)["answer"] == "rollback"


def test_a_version_that_was_never_rolled_back_may_start(stage: Stage) -> None:
    """But not before git was read since it was asked about: a person may have lifted what barred it."""
    service = stage.judge()
    said = stage.ask(service, BARRED)
    assert (said["answer"], said["cause"]) == ("hold", "unread")
    stage.round(service)
    assert stage.ask(service, BARRED)["answer"] == "next"


def test_what_another_host_rolled_back_may_not_start(stage: Stage) -> None:
    """The ledger knows it; a judge without any memory reads it there."""
    go_bad(stage, first := stage.judge())
    stage.round(first)
    shutil.rmtree(stage.folder / "state")
    assert barred(stage, stage.judge())["answer"] == "rollback"


def test_a_person_has_a_version_again_by_a_word_that_counts_once(stage: Stage) -> None:
    """deploy --force writes it: the version may start, is judged anew, and may be rolled back again."""
    service = stage.judge()
    go_bad(stage, service)
    assert barred(stage, service)["answer"] == "rollback"
    stage.want(canary=release("b", force="again"))
    stage.round(service)
    assert barred(stage, service)["answer"] == "next"
    assert stage.ask(service, JUDGE)["answer"] == "hold"
    assert go_bad(stage, service)["answer"] == "rollback"
    assert barred(stage, service)["answer"] == "rollback"
    stage.round(service)
    words = [each["force"] for each in stage.ledger() if each["event"] == "rolled back"]
    assert words == ["", "again"]


def test_it_is_released_once_git_names_it(stage: Stage) -> None:
    """By deploy/production.env; until then it waits, however good it is, and is judged on."""
    service = stage.judge()
    said = go_well(stage, service, RELEASED)
    assert (said["answer"], said["cause"]) == ("hold", "waits")
    assert "names aaaaaaaa, and this is bbbbbbbb" in said["reason"]
    stage.want(production=release("b"))
    stage.round(service)
    assert stage.ask(service, RELEASED)["answer"] == "next"
    stage.serve((stage.pods[0], 5000, 0), (stage.pods[1], 0, 500))
    assert stage.ask(service, RELEASED)["answer"] == "rollback"


@pytest.mark.parametrize("path", [JUDGE, RELEASED, BARRED])
def test_a_judge_that_never_read_git_holds(path: str, stage: Stage) -> None:
    """It does not know what is wanted, nor by what settings to judge; it is not ready, either."""
    stage.origin.rename(stage.folder / "away")
    service = stage.judge()
    assert stage.ask(service, path)["answer"] == "hold"
    assert httpx.get(f"{stage.address(service)}/readyz").status_code == 503
    assert httpx.get(f"{stage.address(service)}/healthz").status_code == 200
    (stage.folder / "away").rename(stage.origin)
    stage.round(service)
    assert httpx.get(f"{stage.address(service)}/readyz").status_code == 200


def test_a_judge_that_loses_git_goes_on_by_what_it_knew(stage: Stage) -> None:
    """A bad canary is rolled back all the same; its event waits for the ledger, over a restart, too."""
    service = stage.judge()
    stage.origin.rename(stage.folder / "away")
    stage.round(service)
    assert go_bad(stage, service)["answer"] == "rollback"
    service = stage.judge()
    (stage.folder / "away").rename(stage.origin)
    stage.round(service)
    assert stage.events() == [("promoted", "a"), ("rolled back", "b")]
    assert stage.ask(service, "/")["unsent"] == 0


@pytest.mark.parametrize("path", [JUDGE, RELEASED, BARRED])
def test_a_judge_that_cannot_ask_the_api_holds(path: str, stage: Stage) -> None:
    """With the reason; once it answers, it goes on."""
    service = stage.judge()
    stage.down = True
    stage.round(service)
    said = stage.ask(service, path)
    assert (said["answer"], said["cause"]) == ("hold", "unread")
    assert "etcd is away" in said["reason"]
    stage.down = False
    assert "etcd" not in stage.ask(service, path)["reason"]


def test_pods_that_cannot_be_read_are_held_against_nobody(stage: Stage) -> None:
    """Not ready, not answering, or gone: the other side alone says nothing."""
    service, (a, b) = stage.judge(), stage.pods
    go_well(stage, service)
    b.status = 500
    assert stage.ask(service, JUDGE)["cause"] == "unread"
    b.status, a.ready = 200, False
    said = stage.ask(service, JUDGE)
    assert (said["answer"], said["cause"]) == ("hold", "unread")
    assert "no pod that is ready" in said["reason"]
    a.ready = True
    assert stage.ask(service, JUDGE)["answer"] == "next"


def test_pods_that_come_and_go_cost_no_truth(stage: Stage) -> None:
    """One first seen sets where counting starts; one that is gone takes nothing back."""
    service, (_, b) = stage.judge(), stage.pods
    go_well(stage, service)
    late = stage.stand("bbb", "bbbbbbbb")
    late.good, late.failed = 500, 500
    assert stage.ask(service, JUDGE)["requests"] == 10_000
    stage.serve((late, 3, 0))
    stage.pods.remove(b)
    b.end()
    assert stage.ask(service, JUDGE)["requests"] == 10_003


def test_a_prometheus_server_is_asked_in_place_of_the_pods(stage: Stage) -> None:
    """By the hash that its series have as a label; the version is the API's, and what is no address is refused."""
    asked: list[str] = []

    def answer(path: str) -> tuple[int, str]:
        query = parse_qs(urlsplit(path).query)["query"][0]
        pod = stage.pods["bbb" in query]
        asked.append(query)
        families = text_string_to_metric_families(pod.metrics())
        series = [
            {"metric": {"__name__": each.name, **each.labels, "pod": pod.uid}, "value": [1, str(each.value)]}
            for family in families
            for each in family.samples
        ]
        return 200, json.dumps({"data": {"result": series}})

    prometheus = served(("127.0.0.1", 0), answer)
    service = stage.judge(prometheus=f"http://127.0.0.1:{prometheus.server_port}")
    assert go_well(stage, service)["requests"] == 10_000
    assert 'rollouts_pod_template_hash="bbb"' in asked[0]
    prometheus.shutdown()
    prometheus.server_close()
    assert stage.ask(service, JUDGE)["cause"] == "unread"
    with pytest.raises(ConfigError, match="no address"):
        stage.judge(prometheus="nowhere")


def test_a_hash_that_nobody_knows_is_held(stage: Stage) -> None:
    """And leaves nothing behind."""
    service = stage.judge()
    said = stage.ask(service, "/judge?canary=zzz&stable=aaa&share=0.1")
    assert (said["answer"], said["cause"]) == ("hold", "unread")
    assert not list((stage.folder / "state/pairs").iterdir())


@pytest.mark.parametrize("production_is_known", [True, False])
def test_another_pod_template_of_one_version_bars_no_version(stage: Stage, production_is_known: bool) -> None:
    """Where resources change that is a canary, too; what it does to its pods is no fault of the version."""
    if not production_is_known:  # as with Flagger
        stage.status = {}
    service = stage.judge()
    bad = stage.stand("a22", "aaaaaaaa")
    path = "/judge?canary=a22&stable=aaa&share=0.1"
    stage.ask(service, path)
    stage.serve((stage.pods[0], 900, 0), (bad, 0, 100))
    assert stage.ask(service, path)["answer"] == "rollback"
    assert stage.ask(service, "/")["barred"] == {}


def test_who_asks_about_production_as_a_canary_bars_nothing(stage: Stage) -> None:
    """The Rollout says which pods are production, and not who asks."""
    service = stage.judge()
    a, b = stage.pods
    path = "/judge?canary=aaa&stable=bbb&share=0.1"
    stage.ask(service, path)
    stage.serve((b, 900, 0), (a, 50, 50))
    assert stage.ask(service, path)["answer"] == "rollback"
    assert stage.ask(service, "/")["barred"] == {}


def test_it_goes_on_with_its_evidence(stage: Stage) -> None:
    """Whatever killed it: nothing is written down at the end, but after each look."""
    go_well(stage, stage.judge())
    assert stage.ask(stage.judge(read=False), JUDGE)["requests"] == 10_000


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"words": [], "judge": {}}'])
def test_a_damaged_file_starts_the_evidence_anew(damage: str, stage: Stage) -> None:
    """Said in one line."""
    go_well(stage, stage.judge())
    (stage.folder / "state/pairs/bbb-beside-aaa.json").write_text(damage)
    service = stage.judge()
    assert stage.ask(service, JUDGE)["requests"] == 0
    assert [each for each in stage.said if "the evidence is gathered anew" in each]


def test_a_damaged_memory_is_read_of_the_ledger_again(stage: Stage) -> None:
    """Said in one line; what was rolled back stays barred."""
    service = stage.judge()
    go_bad(stage, service)
    stage.round(service)
    (stage.folder / "state/state.json").write_text('{"format": 1}')
    assert barred(stage, stage.judge())["answer"] == "rollback"
    assert [each for each in stage.said if "state.json: cannot be read" in each]


def test_other_settings_of_the_signals_hold_from_their_merge_on(stage: Stage) -> None:
    """Evidence that was gathered for others is gathered anew; wrong ones change nothing, and are said."""
    service = stage.judge()
    go_well(stage, service)
    stage.want(PARAMS.replace("latency: false, ", ""))
    stage.round(service)
    assert stage.ask(service, JUDGE)["requests"] == 0
    stage.want("canary: {minimum: soon}\n")
    stage.round(service)
    assert "minimum" in stage.ask(service, "/")["wrong"]["settings"]


def test_one_look_a_second_is_enough_for_a_pair(stage: Stage) -> None:
    """Who asks more often hears the same opinion; many at a time are answered one after the other."""
    service = stage.judge()
    stage.ask(service, JUDGE)
    before = len(stage.asked)
    heard: list[str] = []

    def ask() -> None:
        heard.append(httpx.get(f"{stage.address(service)}{JUDGE}").json()["answer"])

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert heard == ["hold"] * 8
    assert len(stage.asked) - before <= 4


def test_a_paused_canary_waits_for_a_person(stage: Stage) -> None:
    """It is not barred; a word in git lets it go on, and the ledger has both."""
    service, (a, b) = stage.judge(), stage.pods
    stage.ask(service, JUDGE)
    stage.serve((a, 900, 0), (b, 50, 0))
    b.refused = 60
    assert stage.ask(service, JUDGE)["answer"] == "pause"
    assert stage.ask(service, RELEASED)["answer"] == "pause"
    stage.want(canary=release("b", force="on"))
    stage.round(service)
    assert stage.ask(service, JUDGE)["answer"] == "hold"
    stage.round(service)
    assert stage.events()[1:] == [("paused", "b"), ("resumed", "b")]


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/judge?canary=bbb&stable=aaa", "share="),
        ("/judge?canary=bbb&stable=aaa&share=0", "share=0"),
        ("/judge?canary=bbb&stable=aaa&share=1.5", "share=1.5"),
        ("/judge?canary=bbb&stable=aaa&share=nan", "share=nan"),
        ("/judge?stable=aaa&share=0.1", "canary="),
        ("/judge?canary=a,b&stable=aaa&share=0.1", "canary=a,b"),
        ("/judge?canary=../x&stable=aaa&share=0.1", "canary=../x"),
        ("/barred", "canary="),
        (f"/barred?canary={'b' * 3000}", "more than 2048"),
    ],
)
def test_a_question_that_is_none_is_refused(path: str, said: str, stage: Stage) -> None:
    """With status 400 and the reason: Argo Rollouts counts an error, and shows it."""
    service = stage.judge(read=False)
    answer = httpx.get(f"{stage.address(service)}{path}")
    assert answer.status_code == 400
    assert said in json.loads(answer.text)["error"]


def test_it_says_what_it_knows(stage: Stage) -> None:
    """For people: what git wants, what is barred, its last opinions, and what is wrong."""
    service = stage.judge(name="paris")
    go_bad(stage, service)
    said = stage.ask(service, "/")
    assert said["wanted"] == {"canary": "bbbbbbbb", "production": "aaaaaaaa"}
    assert (said["name"], said["namespace"], len(said["commit"])) == ("paris", "shop", 40)
    assert said["opinions"]["bbb-beside-aaa"]["answer"] == "rollback"
    assert list(said["barred"]) == ["bbbbbbbb"]
    assert httpx.get(f"{stage.address(service)}/nothing").status_code == 404
