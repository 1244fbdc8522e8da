"""The tour of ../tour.ts in Python, with gql (pip install "gql[aiohttp,websockets]")."""

import asyncio
import json
import sys

from gql import Client, gql
from gql.transport.aiohttp import AIOHTTPTransport
from gql.transport.exceptions import TransportError
from gql.transport.websockets import WebsocketsTransport

START = gql("""
mutation Start($input: StartSessionInput!) { startSession(input: $input) { session { id cursor } } }
""")
WATCH = gql("""
subscription Watch($id: ID!, $after: String) {
  sessionProgress(sessionId: $id, after: $after, untilSettled: true) {
    __typename
    sequence
    cursor
    ... on InterruptsRaised { interrupts { interruptId value } }
  }
}
""")
ANSWER = gql("""
mutation Answer($input: ResumeSessionInput!) { resumeSession(input: $input) { run { id status } } }
""")
PAGE = gql("""
query Page($id: ID!, $after: String) {
  checkpoints(sessionId: $id, first: 5, after: $after) { nodes { step } pageInfo { hasNextPage endCursor } }
}
""")
FORK = gql("""
mutation Fork($input: ForkSessionInput!) { forkSession(input: $input) { session { status forkedFrom { sessionId } } } }
""")
LIST = gql("subscription List { sessionsChanged { kind sessionId } }")
LIVE = {"NodeStarted", "CustomProgress", "MessageDelta"}


class Gateway:
    """Asks over HTTP and watches over WebSockets; both send the headers that say who is calling."""

    def __init__(self, url: str, headers: dict[str, str]):
        self.url = url
        self.headers = headers

    async def request(self, document, variables):
        transport = AIOHTTPTransport(url=self.url, headers=self.headers)
        async with Client(transport=transport) as session:
            document.variable_values = variables
            return await session.execute(document)

    async def subscribe(self, document, variables):
        url = self.url.replace("http", "ws", 1)
        transport = WebsocketsTransport(url=url, headers=self.headers)
        async with Client(transport=transport) as session:
            document.variable_values = variables
            async for result in session.subscribe(document):
                yield result

    async def watch(self, session_id: str, after: str):
        """Everything that is stored after the cursor, once; it goes on where a connection broke."""
        failures = 0
        while True:
            try:
                async for result in self.subscribe(WATCH, {"id": session_id, "after": after}):
                    failures = 0
                    event = result["sessionProgress"]
                    after = event["cursor"]
                    yield event
                return
            except (TransportError, OSError):
                failures += 1
                if failures > 8:
                    raise
                await asyncio.sleep(0.1 * 2**failures)


async def main(url: str, headers: dict[str, str]):
    gateway = Gateway(url, headers)
    letter = {"graphId": "letter", "input": {"paragraphs": 20}}
    started = await gateway.request(START, {"input": letter})
    session = started["startSession"]["session"]
    events = []

    async def watch(after: str):
        async for event in gateway.watch(session["id"], after):
            print(event["__typename"], file=sys.stderr, flush=True)
            if event["__typename"] not in LIVE:
                events.append(event)

    await watch(session["cursor"])
    [question] = [one for event in events for one in event.get("interrupts", [])]
    answers = [{"interruptId": question["interruptId"], "value": True}]
    await gateway.request(ANSWER, {"input": {"sessionId": session["id"], "answers": answers}})
    await watch(events[-1]["cursor"])

    steps, after = [], None
    while True:
        page = (await gateway.request(PAGE, {"id": session["id"], "after": after}))["checkpoints"]
        steps += [node["step"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break

    forked = await gateway.request(FORK, {"input": {"sessionId": session["id"]}})

    changes, made = [], None
    async for result in gateway.subscribe(LIST, {}):
        change = result["sessionsChanged"]
        if change["kind"] == "READY":
            changes.append("READY")
            other = await gateway.request(START, {"input": letter})
            made = other["startSession"]["session"]["id"]
        elif change["sessionId"] == made:
            changes.append(change["kind"])
            break

    fork = forked["forkSession"]["session"]
    print(json.dumps({"sessionId": session["id"], "events": events, "steps": steps, "fork": fork, "changes": changes}))


asyncio.run(main(sys.argv[1], json.loads(sys.argv[2])))
