"""sse-starlette under uvicorn."""

import asyncio
import json
import sys

import uvicorn
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.applications import Starlette
from starlette.routing import Route

HELD = 11
"""The first event that is held back until a line is read from the standard input."""

with open(sys.argv[1], encoding="utf-8") as file:
    LIST = json.load(file)

released = asyncio.Event()


async def behind(last_event_id):
    """The events behind the one with this ID; IDs are numbers from 1."""
    yield ServerSentEvent(retry=50)
    for event in LIST[int(last_event_id or 0) :]:
        if int(event["id"]) >= HELD:
            await released.wait()
        yield ServerSentEvent(event["data"], event=event["event"], id=event["id"])
    await asyncio.Event().wait()


async def events(request):
    return EventSourceResponse(behind(request.headers.get("last-event-id")))


async def main():
    app = Starlette(routes=[Route("/events", events)])
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error"))
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    print(server.servers[0].sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    released.set()
    await asyncio.to_thread(sys.stdin.read)
    serving.cancel()


asyncio.run(main())
