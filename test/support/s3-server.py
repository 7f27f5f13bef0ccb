"""A server that speaks S3's protocol, in memory, for the tests.

Every signature is checked by botocore, Amazon's own implementation of it. Prints its port. A list holds two names at a time.
"""

import datetime
import hashlib
import re
import sys
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from xml.sax.saxutils import escape

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

ACCESS, SECRET, REGION, BUCKET = sys.argv[1:5]
PART = 2
OBJECTS = {}


class Refused(Exception):
    def __init__(self, status, code, message=""):
        self.status, self.code, self.message = status, code, message


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def answer(self, status, body=b"", headers=()):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def handle_any(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        try:
            self.check(body)
            self.dispatch(body)
        except Refused as refused:
            text = f"<Error><Code>{refused.code}</Code><Message>{escape(refused.message)}</Message></Error>"
            self.answer(refused.status, text.encode())

    do_GET = do_PUT = do_HEAD = do_DELETE = handle_any

    def check(self, body):
        if hashlib.sha256(body).hexdigest() != self.headers["X-Amz-Content-SHA256"]:
            raise Refused(400, "XAmzContentSHA256Mismatch")
        found = re.match(
            r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/s3/aws4_request, SignedHeaders=([^,]+), Signature=(\w+)$",
            self.headers["Authorization"] or "",
        )
        if not found:
            raise Refused(403, "AccessDenied")
        access, _day, region, names, signature = found.groups()
        if region != REGION:
            raise Refused(400, "AuthorizationHeaderMalformed", f"expecting '{REGION}'")
        if access != ACCESS:
            raise Refused(403, "InvalidAccessKeyId")
        time = self.headers["X-Amz-Date"]
        now = datetime.datetime.utcnow()
        if abs(now - datetime.datetime.strptime(time, "%Y%m%dT%H%M%SZ")) > datetime.timedelta(minutes=15):
            raise Refused(403, "RequestTimeTooSkewed")
        for needed in ("host", "x-amz-date", "x-amz-content-sha256"):
            if needed not in names.split(";"):
                raise Refused(403, "AccessDenied", f"{needed} is not signed")
        headers = {name: self.headers[name] for name in names.split(";")}
        url = f"http://{self.headers['Host']}{self.path}"
        request = AWSRequest(method=self.command, url=url, headers=headers)
        request.context["timestamp"] = time
        auth = S3SigV4Auth(Credentials(ACCESS, SECRET), "s3", REGION)
        expected = auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request)
        if expected != signature:
            raise Refused(403, "SignatureDoesNotMatch", "The request signature does not match")

    def dispatch(self, body):
        path, _, query = self.path.partition("?")
        bucket, _, key = urllib.parse.unquote(path.lstrip("/")).partition("/")
        if bucket == "busy":
            raise Refused(503, "SlowDown", "Please reduce your request rate.")
        if bucket == "moved":
            return self.answer(301, b"", [("Location", "http://127.0.0.1:1/")])
        if bucket != BUCKET:
            raise Refused(404, "NoSuchBucket")
        if key == "":
            return self.list(dict(urllib.parse.parse_qsl(query)))
        if self.command == "PUT":
            if self.headers["If-None-Match"] == "*" and key in OBJECTS:
                raise Refused(412, "PreconditionFailed")
            OBJECTS[key] = (body, self.headers["X-Amz-Server-Side-Encryption"])
            return self.answer(200)
        if self.command == "DELETE":
            OBJECTS.pop(key, None)
            return self.answer(204)
        if key not in OBJECTS:
            raise Refused(404, "NoSuchKey", key)
        contents, encryption = OBJECTS[key]
        headers = [("X-Amz-Server-Side-Encryption", encryption)] if encryption else []
        asked = re.match(r"bytes=(\d+)-$", self.headers["Range"] or "")
        if asked and int(asked[1]) >= len(contents):
            raise Refused(416, "InvalidRange")
        if asked:
            return self.answer(206, contents[int(asked[1]) :], headers)
        self.answer(200, contents, headers)

    def list(self, query):
        prefix, after = query.get("prefix", ""), query.get("continuation-token", "")
        found = sorted({re.match(re.escape(prefix) + "[^/]*/?", key)[0] for key in OBJECTS if key.startswith(prefix)})
        rest = [name for name in found if name > after]
        shown, more = rest[:PART], len(rest) > PART
        items = "".join(
            f"<CommonPrefixes><Prefix>{name}</Prefix></CommonPrefixes>"
            if name.endswith("/")
            else f"<Contents><Key>{name}</Key></Contents>"
            for name in shown
        )
        token = f"<NextContinuationToken>{escape(shown[-1])}</NextContinuationToken>" if more else ""
        text = f"<ListBucketResult><IsTruncated>{str(more).lower()}</IsTruncated>{token}{items}</ListBucketResult>"
        self.answer(200, text.encode())


class Server(ThreadingHTTPServer):
    def handle_error(self, request, address):
        """Clients that go away in the middle are what some tests are about."""


server = Server(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
