import pytest
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from pix2pix.web.application import application
from pix2pix.web.guard import HEADERS


class RuleError(Exception):
    pass


async def page(_):
    return PlainTextResponse("page")


async def act(request):
    raise {"rule": RuleError("not now"), "bug": ZeroDivisionError(), "words": HTTPException(404, "a\nb\x1b")}[
        request.path_params["what"]
    ]


async def ruled(_, error):
    return JSONResponse({"error": str(error)}, 409)


@pytest.fixture
def client():
    whole = application(
        [Route("/", page), Route("/act/{what}", act, methods=["POST"])],
        ["localhost"],
        "default-src x",
        {RuleError: ruled},
    )
    return TestClient(whole, base_url="http://localhost", raise_server_exceptions=False, follow_redirects=False)


@pytest.mark.parametrize(
    "path", ["/page", "//", "/act", "/act/", "/act/a/b", "/../etc/passwd", "/%2e%2e/x", "/act/%00/x"]
)
def test_what_is_no_address_is_one_line(client, path):
    for method in ("GET", "HEAD", "OPTIONS", "PUT", "DELETE", "POST"):
        answer = client.request(method, f"http://localhost{path}")
        assert answer.status_code == 404, (method, path)
        assert method == "HEAD" or answer.json() == {"error": "there is no such page"}


@pytest.mark.parametrize("path", ["/", "/act/rule"])
def test_an_address_takes_its_own_methods_alone(client, path):
    for method in ("OPTIONS", "PUT", "DELETE", "PATCH", *(["POST"] if path == "/" else ["GET"])):
        answer = client.request(method, path)
        assert answer.status_code == 405 and "method" in answer.json()["error"]


def test_errors_of_the_subject_are_answered_as_it_says(client):
    answer = client.post("/act/rule")
    assert (answer.status_code, answer.json()) == (409, {"error": "not now"})


def test_an_error_is_one_printable_line(client):
    assert client.post("/act/words").json() == {"error": "a b\N{REPLACEMENT CHARACTER}"}


def test_an_error_of_ours_tells_the_page_nothing_of_the_code(client):
    answer = client.post("/act/bug")
    assert answer.status_code == 500 and "its terminal shows the error" in answer.json()["error"]
    assert "Zero" not in answer.text


@pytest.mark.parametrize(("method", "path"), [("GET", "/"), ("GET", "/nothing"), ("POST", "/"), ("POST", "/act/bug")])
def test_every_answer_has_the_guards_headers(client, method, path):
    assert client.request(method, path).headers.items() >= {k.lower(): v for k, v in HEADERS.items()}.items()
