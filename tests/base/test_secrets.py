import pytest

from pix2pix.base.secrets import hidden


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://me:pass@host:8080/a.tar", "https://***@host:8080/a.tar"),
        ("https://me:p@ss@host/a.tar", "https://***@host/a.tar"),
        ("https://me:p/a?s#s@host/a.tar", "https://***@host/a.tar"),
        ("https://glpat-token@host/a.tar", "https://***@host/a.tar"),
        ("postgresql+psycopg2://me:pass@db/mlflow", "postgresql+psycopg2://***@db/mlflow"),
        ("no: 'http://a:b@c/', http://d:e@f", "no: 'http://***@c/', http://***@f"),
        ("https://host/a?raw=1&token=abc", "https://host/a?raw=***&token=***"),
        ("https://s3/a?X-Amz-Signature=ab%2F&X-Amz-Date=1", "https://s3/a?X-Amz-Signature=***&X-Amz-Date=***"),
        ("no retries with url: /a?API_KEY=abc (by", "no retries with url: /a?API_KEY=*** (by"),
        ("https://blob/a?sv=1&sig=ab+c=#t", "https://blob/a?sv=***&sig=***#t"),
        ("get https://host/a?pw=x&t=y;k=z#sid=1 now", "get https://host/a?pw=***&t=***;k=***#sid=*** now"),
        ("https://me:pa ss@host/a.tar", "https://***@host/a.tar"),
        ("https://me:p a/s@host/a.tar", "https://***@host/a.tar"),
        ("https://my token@host/a@2x.tar", "https://***@host/a@2x.tar"),
    ],
)  # fmt: skip
def test_a_secret_of_an_address_is_not_shown(text, shown):
    assert hidden(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "",
        "https://host:8080/a@2x.tar",
        "https://host/~me/a.tar",
        "a?b c=d",
        "me@host: none",
        "file:///a@b/c",
        "a\nb://c",
    ],
)
def test_everything_else_is_as_it_was(text):
    assert hidden(text) == text
