"""What schemathesis cannot know: offers and trickle ICE fragments are texts, and most that matter nearly fit."""

import os
import pathlib
import urllib.request

import schemathesis
from hypothesis import strategies as st

WORDS = pathlib.Path(__file__).resolve().parent.parent.parent / "src/http/api"
PUBLISH = (WORDS / "publish.sdp").read_text().splitlines()
WATCH = (WORDS / "watch.sdp").read_text().splitlines()
FRAGMENT = [
    "a=ice-ufrag:EsAw",
    "a=ice-pwd:bP+XJMM09aR8AiX1jdukzR6Y",
    "m=audio 9 UDP/TLS/RTP/SAVPF 0",
    "a=mid:0",
    "a=candidate:1387637174 1 udp 2122260223 127.0.0.1 61764 typ host generation 0 ufrag EsAw network-id 1",
    "a=end-of-candidates",
]

# Numbers and words at the edges of what protocols have.
EDGES = ["", "0", "-1", "65535", "65536", "4294967296", "99999999999999999999", "a" * 300, "\u00e0", "*", "é\x00"]


@st.composite
def nearly(draw, *originals):
    """A text that fits, changed in some lines or in none."""
    lines = list(draw(st.sampled_from(originals)))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(lines) - 1))
        change = draw(st.sampled_from(["drop", "twice", "edge", "swap", "noise", "cut"]))
        if change == "drop" and len(lines) > 1:
            del lines[at]
        elif change == "twice":
            lines[at:at] = [lines[at]] * draw(st.sampled_from([1, 2, 200]))
        elif change == "edge":
            words = lines[at].replace(":", " : ").split(" ")
            words[draw(st.integers(0, len(words) - 1))] = draw(st.sampled_from(EDGES))
            lines[at] = " ".join(words).replace(" : ", ":")
        elif change == "swap":
            other = draw(st.integers(0, len(lines) - 1))
            lines[at], lines[other] = lines[other], lines[at]
        elif change == "noise":
            lines[at] = draw(st.text(max_size=40))
        elif change == "cut":
            lines[at] = lines[at][: draw(st.integers(0, len(lines[at])))]
    return draw(st.sampled_from(["\r\n", "\n"])).join([*lines, ""]).encode("utf-8", "surrogatepass")


def text(_, value):
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")


schemathesis.openapi.media_type("application/sdp", st.one_of(nearly(PUBLISH, WATCH), st.binary(max_size=200)))
schemathesis.openapi.media_type("application/trickle-ice-sdpfrag", st.one_of(nearly(FRAGMENT), st.binary(max_size=200)))
schemathesis.serializer("application/sdp", "application/trickle-ice-sdpfrag")(text)


# How often a session is used before another one is opened: some come too late, when it is gone.
USES = 8

sessions = {}


def session(kind, place):
    """Name and entity tag of a session that is there, or was until a moment ago."""
    left, found = sessions.get((kind, place), (0, None))
    if left == 0:
        offer = PUBLISH if kind == "whip" else WATCH
        request = urllib.request.Request(
            f"{os.environ['REGIA_URL']}/{kind}/{place}",
            data="\r\n".join([*offer, ""]).encode(),
            headers={"Content-Type": "application/sdp", "Authorization": f"Bearer {os.environ['REGIA_KEY']}"},
            method="POST",
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            left, found = USES, (answer.headers["Location"].rsplit("/", 1)[1], answer.headers["ETag"])
    sessions[kind, place] = (left - 1, found)
    return found


@schemathesis.hook
def before_call(context, case, kwargs):
    """Half of all changes go to sessions that are there, and most of these with the right entity tag."""
    if case.method != "PATCH" or hash(repr(case.body)) % 2 == 0:
        return
    kind, place = ("whip", "roma") if case.path.startswith("/whip/") else ("whep", "program")
    name, tag = session(kind, place)
    case.path_parameters = {**case.path_parameters, "session": name, "city" if kind == "whip" else "channel": place}
    if hash(repr(case.body)) % 8 != 1:
        case.headers["If-Match"] = tag
