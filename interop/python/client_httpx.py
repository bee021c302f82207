"""httpx-sse, which decodes; connecting again is its user's business, as in its documentation."""

import json
import sys
import time

import httpx
from httpx_sse import connect_sse

last_event_id = ""
wait = 3.0
with httpx.Client(timeout=None) as client:
    while True:
        headers = {"Last-Event-ID": last_event_id} if last_event_id else {}
        try:
            with connect_sse(client, "GET", sys.argv[1], headers=headers) as source:
                for event in source.iter_sse():
                    last_event_id = event.id
                    if event.retry is not None:
                        wait = event.retry / 1000
                    print(json.dumps({"id": event.id, "event": event.event, "data": event.data}), flush=True)
        except httpx.TransportError:
            pass
        time.sleep(wait)
