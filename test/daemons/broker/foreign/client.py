"""Speaks to a broker as a program over python3-stomp does, and prints what it sees, one thing a line."""

import queue
import sys
import threading

import stomp

port, version = int(sys.argv[1]), sys.argv[2]
CONNECTIONS = {"1.0": stomp.Connection10, "1.1": stomp.Connection11, "1.2": stomp.Connection12}


class Listener(stomp.ConnectionListener):
    def __init__(self):
        self.messages = queue.Queue()
        self.receipts = queue.Queue()
        self.connected = queue.Queue()
        self.beats = threading.Semaphore(0)

    def on_connected(self, frame):
        self.connected.put(frame.headers.get("version", "none"))

    def on_message(self, frame):
        self.messages.put(frame)

    def on_receipt(self, frame):
        self.receipts.put(frame.headers["receipt-id"])

    def on_heartbeat(self):
        self.beats.release()

    def on_error(self, frame):
        print("error", frame.headers.get("message"), flush=True)


def connect(client_id, beats=None):
    more = {} if beats is None or version == "1.0" else {"heartbeats": beats}
    connection = CONNECTIONS[version]([("127.0.0.1", port)], **more)
    listener = Listener()
    connection.set_listener("", listener)
    connection.connect("ann", "secret", wait=True, headers={"client-id": client_id})
    return connection, listener


def next_of(listener):
    return listener.messages.get(timeout=20)


def told(connection, listener, destination, body, **headers):
    connection.send(destination, body, headers={"receipt": "told", **headers})
    assert listener.receipts.get(timeout=20) == "told"


def answer(how, frame, subscription):
    id = frame.headers["ack" if version == "1.2" else "message-id"]
    how(id, subscription) if version == "1.1" else how(id)


connection, listener = connect("one", beats=(1000, 1000))
print("version", listener.connected.get(timeout=20))

connection.subscribe("/topic/news", id="t", ack="auto", headers={"receipt": "subscribed"})
listener.receipts.get(timeout=20)
for body in ["one", "tw\u00f6", "three:\\n"]:
    told(connection, listener, "/topic/news", body)
print("topic", *[next_of(listener).body for _ in range(3)])

mode = "client" if version == "1.0" else "client-individual"
connection.subscribe("/queue/work", id="q", ack=mode, headers={"prefetch-count": "1"})
for body in ["first", "second"]:
    told(connection, listener, "/queue/work", body)
frame = next_of(listener)
if version != "1.0":
    answer(connection.nack, frame, "q")
    frame = next_of(listener)
    print("again", frame.body, frame.headers["redelivered"])
answer(connection.ack, frame, "q")
frame = next_of(listener)
answer(connection.ack, frame, "q")
print("work", frame.body)

for end in ["abort", "commit"]:
    transaction = connection.begin()
    connection.send("/topic/news", end, transaction=transaction)
    getattr(connection, end)(transaction)
print("transaction", next_of(listener).body)

if version != "1.0":
    for _ in range(2):
        assert listener.beats.acquire(timeout=20)
    told(connection, listener, "/topic/news", "alive")
    print("beats", next_of(listener).body)

durable = {"activemq.subscriptionName": "kept"}
away, its = connect("away")
away.subscribe("/topic/kept", id="d", ack="auto", headers={**durable, "receipt": "subscribed"})
its.receipts.get(timeout=20)
away.disconnect()
told(connection, listener, "/topic/kept", "while away", persistent="true")
back, its = connect("away")
back.subscribe("/topic/kept", id="d", ack="auto", headers=durable)
print("durable", next_of(its).body)
back.disconnect()
connection.disconnect()
