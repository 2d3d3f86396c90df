"""The worlds of users that the judge is held to, with the figures of the design: today's rules, then the judge's."""

from dataclasses import dataclass, replace

from users import Crowded

UNEVEN = Crowded(sigma=1.2, wrong_conc=10)  # log-normal; labels hang together by .09
FEW = replace(UNEVEN, users=300)
ALIKE = replace(UNEVEN, errors_conc=2)  # errors by .33
CLIENTS = Crowded(users=50, sigma=1.0, wrong_conc=30)
SILENT = Crowded(labels=False)
LATE = Crowded(independent=True, looks=150)
HALF = ((0, 0.5),)


@dataclass(frozen=True)
class Case:
    """A world, what is claimed of it, and what the design found: in words, today's rules then the judge's."""

    name: str
    world: Crowded
    target: str
    claim: str = ""
    """equal (at most 5% taken back), bad (at most 5% let on), or nothing."""


EQUAL = (
    Case("independent requests", Crowded(independent=True), "0 / 0", "equal"),
    Case("2,000 equal users", Crowded(), "0 / 0", "equal"),
    Case("2,000 uneven, labels .09", UNEVEN, "5% / 0", "equal"),
    Case("2,000 uneven, labels .09, errors .33", ALIKE, "18% / 0", "equal"),
    Case("300 uneven, labels .09", FEW, "18% / 0", "equal"),
    Case("300 uneven, labels .09, errors .33", replace(ALIKE, users=300), "33% / 0", "equal"),
    Case("50 clients, labels .03", CLIENTS, "12% / 0", "equal"),
    Case("50 clients, labels .03, errors .03", replace(CLIENTS, errors_conc=30), "17% / 0", "equal"),
    Case(
        "20 clients, errors and labels .33, share .5",
        Crowded(users=20, sigma=1.5, wrong_conc=2, errors_conc=2, steps=HALF),
        "26% / 1.3%",
        "equal",
    ),
    Case("bursts of 20 alike", Crowded(burst=20, wrong_conc=2, errors_conc=0.5), "86% / 0", "equal"),
    Case("one client, 8 malformed", Crowded(malformed=8), "28% / 1%", "equal"),
    Case("one client, 80 malformed", Crowded(malformed=80), "100% / 0", "equal"),
    Case("2% of 300 clients broken", Crowded(users=300, sigma=1.2, broken=0.02), "7% / 0", "equal"),
)
FAULTS = (
    Case("errors 1->5%, independent", Crowded(independent=True, canary_errors=0.05), "212/394 / 237/434"),
    Case("errors 1->5%, 2,000 equal users", Crowded(canary_errors=0.05), "242/463 / 286/496"),
    Case("errors 1->5%, 2,000 uneven", replace(UNEVEN, canary_errors=0.05), "198/345 / 277/467"),
    Case("errors 1->5%, 300 uneven", replace(FEW, canary_errors=0.05), "221/483 / 335/562"),
    Case("errors 1->5%, 50 clients", replace(CLIENTS, canary_errors=0.05), "323/- / 436/1,101"),
    Case("all requests fail, 2,000", Crowded(canary_errors=1.0), "40/48 / 40/48"),
    Case("10% of 2,000 users fail wholly", Crowded(segment=0.1), "74/129 / 92/166"),
    Case("10% of 300 uneven users fail wholly", replace(FEW, segment=0.1), "118/- / 229/903"),
    Case("refuses 10% of 2,000 users", Crowded(refuses=0.1), "114/222 / 185/451"),
    Case("labels 10->15%, 2,000 equal", Crowded(canary_wrong=0.15, looks=100), "553/933 / 678/1,184"),
    Case("labels 10->15%, 2,000 uneven", replace(UNEVEN, canary_wrong=0.15, looks=100), "614/- / 2,414/-"),
    Case("labels 10->20%, 2,000 uneven", replace(UNEVEN, canary_wrong=0.2, looks=100), "205/459 / 390/938"),
    Case("latency x1.5, 2,000 users", Crowded(slower=1.5), "194/269 / 194/269"),
    Case("errors 1->5% after 40 looks, 2,000 uneven", replace(UNEVEN, canary_errors=0.05, late=40, looks=100), "-"),
    Case("errors 1->5%, 300, errors .33", replace(ALIKE, users=300, canary_errors=0.05), "49% / 28%"),
)
MARGIN = (
    Case(
        "errors 1.75%, 300 uneven .33",
        replace(SILENT, users=300, sigma=1.2, errors_conc=2, canary_errors=0.0175, looks=150),
        "65% / 0",
        "bad",
    ),
    Case("errors 1.75%, 2,000 equal", replace(SILENT, canary_errors=0.0175, looks=150), "0 / 0", "bad"),
    Case("labels 12%, 2,000 uneven .09", replace(UNEVEN, canary_wrong=0.12, looks=150), "33% / 2%", "bad"),
    Case("labels 12%, 300 uneven .09", replace(FEW, canary_wrong=0.12, looks=150), "42% / 0", "bad"),
    Case(
        "a segment: .6% of 300 users fail wholly",
        replace(SILENT, users=300, sigma=1.2, errors=0.005, segment=0.0063, looks=150),
        "75% / 7%",
    ),
    Case("equal, 2,000 equal, no labels", replace(SILENT, looks=150), "93% / 92%", "equal"),
    Case("equal, 2,000 uneven, no labels", replace(SILENT, sigma=1.2, looks=150), "90% / 82%", "equal"),
    Case("equal, 300 uneven, no labels", replace(SILENT, users=300, sigma=1.2, looks=150), "88% / 8%", "equal"),
    Case("equal, 2,000 uneven, labels .09", replace(UNEVEN, looks=150), "75% / 5%", "equal"),
    Case("the same, share .5", replace(UNEVEN, steps=HALF, looks=150), "90% / 47%", "equal"),
)
LABELS = (
    Case("equal, no delay", LATE, "0 on 95% / 0 on 95%", "equal"),
    Case("equal; right 30 s after wrong", replace(LATE, delay=(3, 0)), "50% / 0", "equal"),
    Case("equal; right 200 s after wrong", replace(LATE, delay=(20, 0)), "100% / 0", "equal"),
    Case("equal; about 200 s right, 20 s wrong", replace(LATE, delay=(20, 2), spread=True), "100% / 0", "equal"),
    Case("equal; only complaints, about 60 s", replace(LATE, delay=(0, 6), spread=True, complaints=True), "-", "equal"),
    Case(
        "twice as wrong, known 60 looks later",
        replace(LATE, canary_wrong=0.2, delay=(0, 59), seconds=30),
        "on 100% / back 100% at 2,520",
        "bad",
    ),
    Case(
        "twice as wrong; about 20 s right, 200 s wrong",
        replace(LATE, canary_wrong=0.2, delay=(2, 20), spread=True),
        "on 57% / back 100%",
        "bad",
    ),
    Case(
        "twice as many complaints, about 60 s",
        replace(LATE, canary_wrong=0.2, delay=(0, 6), spread=True, complaints=True),
        "-",
        "bad",
    ),
    Case(
        "at the margin, 12%; about 20 s right, 200 s wrong",
        replace(LATE, canary_wrong=0.12, delay=(2, 20), spread=True),
        "on 100% / on 0",
        "bad",
    ),
    Case(
        "equal, the canary's wrong ones sooner (20 s for 200 s)",
        replace(LATE, delay=(0, 20), canary_delay=(0.3, 2), spread=True),
        "on 100% / back 100%",
    ),
    Case(
        "the same, wait: 1800",
        replace(LATE, delay=(0, 20), canary_delay=(0.3, 2), spread=True, wait=1800, looks=300),
        "-",
        "equal",
    ),
)
LEFT_OUT = (
    Case(
        "equal, 2,000 uneven .09; about 200 s right, 20 s wrong",
        replace(UNEVEN, delay=(20, 2), spread=True, looks=250),
        "-",
        "equal",
    ),
    Case("equal, 300 uneven .09; right 200 s after wrong", replace(FEW, delay=(20, 0), looks=150), "-", "equal"),
    Case(
        "labels 12%, 300 uneven .09; about 20 s right, 200 s wrong",
        replace(FEW, canary_wrong=0.12, delay=(2, 20), spread=True, looks=250),
        "-",
        "bad",
    ),
    Case(
        "labels 10->20%, 2,000 uneven .09; right 200 s after wrong",
        replace(UNEVEN, canary_wrong=0.2, delay=(20, 0), looks=150),
        "-",
        "bad",
    ),
    Case("equal, 300 uneven .33; 4 processes a side", replace(ALIKE, users=300, processes=4), "-", "equal"),
    Case("equal, 300 uneven .33; a new process each 15 looks", replace(ALIKE, users=300, lives=15), "-", "equal"),
    Case(
        "errors 1.75%, 300 uneven .33; 4 processes a side",
        replace(SILENT, users=300, sigma=1.2, errors_conc=2, canary_errors=0.0175, looks=150, processes=4),
        "-",
        "bad",
    ),
    Case("errors 1->5%, 2,000 uneven; 4 processes a side", replace(UNEVEN, canary_errors=0.05, processes=4), "-"),
    Case(
        "equal, 300 uneven .33; share .1, then .5", replace(ALIKE, users=300, steps=((0, 0.1), (30, 0.5))), "-", "equal"
    ),
    Case("equal, 2,000 uneven .33; share .1, then .5", replace(ALIKE, steps=((0, 0.1), (30, 0.5))), "-", "equal"),
    Case(
        "labels 12%, 2,000 uneven .09; share .1, then .5",
        replace(UNEVEN, canary_wrong=0.12, looks=120, steps=((0, 0.1), (40, 0.5))),
        "-",
        "bad",
    ),
)
STRANGERS = (
    Case("one client, 80 wrong labels on the canary", Crowded(forged=(1, 80)), "100% / 0"),
    Case("3 names on the canary's side, 80 wrong labels each", Crowded(forged=(3, 80)), "-"),
    Case("10 names there, 80 wrong labels each", Crowded(forged=(10, 80)), "-"),
    Case("10 names there, 8 wrong labels each", Crowded(forged=(10, 8)), "-"),
    Case("30 names there, 8 wrong labels each", Crowded(forged=(30, 8)), "-"),
    Case("20% of 2,000 clients send only what is malformed", Crowded(broken=0.2), "-"),
)
