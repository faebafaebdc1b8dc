"""Servers of buckets on this machine: moto's S3, and the few answers of Google Cloud Storage that a download needs."""

import hashlib
import json
import os
import re
import threading
from contextlib import contextmanager
from urllib.parse import parse_qs, unquote
from wsgiref.types import StartResponse, WSGIEnvironment

import boto3
from moto.s3.models import s3_backends
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

ACCESS = {"AWS_ACCESS_KEY_ID": "somebody", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_DEFAULT_REGION": "us-east-1"}


class _Silent(WSGIRequestHandler):
    def log(self, *_):
        pass


class Served:
    """A server in a thread. `asked` are its requests. It fails at the next `fails` of them, and refuses more ranges of
    bytes than `breaks_after`.
    """

    def __init__(self, application):
        self._application, self.asked, self.fails, self.breaks_after = application, [], 0, None
        self._server = make_server("127.0.0.1", 0, self._answer, threaded=True, request_handler=_Silent)
        self.address = f"http://127.0.0.1:{self._server.port}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def _answer(self, environment: WSGIEnvironment, start: StartResponse):
        wanted = environment.get("HTTP_RANGE")
        self.asked.append((environment["REQUEST_METHOD"], environment["PATH_INFO"], wanted))
        if self.fails:
            self.fails -= 1
            start("503 Service Unavailable", [("Content-Length", "0")])
            return [b""]
        if wanted and self.breaks_after is not None and len(self.ranges()) > self.breaks_after:
            start("403 Forbidden", [("Content-Length", "0")])
            return [b""]
        return self._application(environment, start)

    def ranges(self):
        return [wanted for _, _, wanted in self.asked if wanted]

    def stop(self):
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def s3():
    """An empty S3. Its state belongs to the process, so only one test at a time has one."""
    server = Served(DomainDispatcherApplication(create_backend_app))
    try:
        yield server
    finally:
        server.stop()
        for account in s3_backends.values():
            account.reset()


def put(server, bucket, key, body):
    """Put an object into a bucket, which is made."""
    client = boto3.client(
        "s3", endpoint_url=server.address, aws_access_key_id="a", aws_secret_access_key="b", region_name="us-east-1"
    )
    client.create_bucket(Bucket=bucket)
    client.put_object(Bucket=bucket, Key=key, Body=body)


def google(objects):
    """Google's JSON API, as far as reading objects goes; `objects` are bytes by `(bucket, key)`."""

    def answer(environment, start):
        found = re.fullmatch(r"(?:/download)?/storage/v1/b/([^/]+)/o(?:/(.+))?", environment["PATH_INFO"])
        bucket, key = found[1], unquote(found[2] or "")
        body = objects.get((bucket, key))
        if body is None and key:
            return send(start, "404 Not Found", b"Not Found")
        if not key:
            prefix = parse_qs(environment["QUERY_STRING"]).get("prefix", [""])[0]
            items = [about(*each) for each in objects if each[0] == bucket and each[1].startswith(prefix)]
            return send(start, "200 OK", json.dumps({"kind": "storage#objects", "items": items}).encode())
        if "alt=media" not in environment["QUERY_STRING"]:
            return send(start, "200 OK", json.dumps(about(bucket, key)).encode())
        if wanted := re.fullmatch(r"bytes=(\d+)-(\d*)", environment.get("HTTP_RANGE", "")):
            first, last = int(wanted[1]), int(wanted[2] or len(body) - 1)
            return send(start, "206 Partial Content", body[first : last + 1])
        return send(start, "200 OK", body)

    def about(bucket, key):
        body = objects[bucket, key]
        digest = hashlib.md5(body).hexdigest()
        return {"kind": "storage#object", "bucket": bucket, "name": key, "size": str(len(body)), "etag": digest}

    def send(start, status, body):
        start(status, [("Content-Length", str(len(body))), ("Content-Type", "application/json")])
        return [body]

    return answer


def forget_access(monkeypatch):
    """Take away whatever access to clouds this machine gives."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "GOOGLE_")) and name != "AWS_CA_BUNDLE":
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
