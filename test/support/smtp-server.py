"""A real mail server for tests: aiosmtpd. Each letter that it takes becomes a line of JSON on standard output."""

import asyncio
import json
import ssl
import sys

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

options = json.loads(sys.argv[1])


class Keeper:
    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        if address.startswith("nobody@"):
            return "550 5.1.1 no such user here"
        if address.startswith("later@"):
            return "451 4.3.0 come again"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        letter = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "data": envelope.content.decode("utf-8", "replace"),
            "tls": session.ssl is not None,
            "login": session.auth_data is not None,
        }
        print(json.dumps(letter), flush=True)
        return "250 OK"


def authenticate(server, session, envelope, mechanism, data):
    good = isinstance(data, LoginPassword) and data.password == b"s3cret"
    return AuthResult(success=good, auth_data=data if good else None, handled=False)


context = None
if "cert" in options:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(options["cert"], options["key"])

controller = Controller(
    Keeper(),
    hostname="127.0.0.1",
    port=options["port"],
    tls_context=context,
    require_starttls=context is not None,
    authenticator=authenticate,
    auth_required=options.get("login", False),
    auth_require_tls=context is not None,
)
controller.start()
print(json.dumps({"ready": True}), flush=True)
asyncio.new_event_loop().run_forever()
