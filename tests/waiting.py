"""Waiting for a page in a browser, and letting its calls wait."""

from contextlib import contextmanager


def until(page, holds):
    """Wait for what the page shows no sign of."""
    for _ in range(300):
        if holds():
            return
        page.wait_for_timeout(100)
    raise AssertionError("it did not come")


@contextmanager
def held(page, name, count):
    """Within the block the page's calls of this name wait. Yields a function that lets one of the first `count` go on,
    by its number, and waits for the answer.
    """
    routes, pattern = [], f"**/calls/{name}"

    def released(number):
        until(page, lambda: len(routes) >= count)
        with page.expect_response(lambda response: response.request == routes[number].request) as answer:
            routes[number].continue_()
        answer.value.finished()
        return routes[number].request.post_data_json["data"]

    page.route(pattern, lambda route: routes.append(route))
    yield released
    page.unroute(pattern)
