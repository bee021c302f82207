"""The official `openai` package, pointed at our server: `sdk_openai.py BASE_URL`."""

import asyncio
import sys

import openai

import complaints

BASE_URL = sys.argv[1] + "/v1"
TURNS = [{"role": "user", "content": complaints.QUESTION}]


def settings():
    return {"base_url": BASE_URL, "api_key": "none", "max_retries": 0, "timeout": 20}


class Completion:
    """What a stream of chunks adds up to."""

    def __init__(self):
        self.text, self.reasons, self.usage = "", [], None

    def add(self, chunk):
        assert chunk.object == "chat.completion.chunk", chunk
        for choice in chunk.choices:
            self.text += choice.delta.content or ""
            self.reasons += [choice.finish_reason] if choice.finish_reason else []
        self.usage = chunk.usage or self.usage

    def check(self):
        assert self.text == complaints.QUESTION, self.text
        assert self.reasons == ["stop"] and self.usage.total_tokens == 7, (self.reasons, self.usage)


def responded(events):
    """The events of a response, checked as a whole."""
    assert [event.sequence_number for event in events] == list(range(len(events))), events
    deltas = [event.delta for event in events if event.type == "response.output_text.delta"]
    assert "".join(deltas) == complaints.QUESTION and len(deltas) > 5, deltas
    assert events[-1].type == "response.completed", events[-1]
    assert events[-1].response.output_text == complaints.QUESTION, events[-1]


def blocking():
    with openai.OpenAI(**settings()) as client:
        completion = Completion()
        for chunk in client.chat.completions.create(model="echo", messages=TURNS, stream=True):
            completion.add(chunk)
        completion.check()

        # The helper that adds up by itself.
        with client.chat.completions.stream(model="echo", messages=TURNS) as stream:
            choice = stream.get_final_completion().choices[0]
        assert (choice.message.content, choice.finish_reason) == (complaints.QUESTION, "stop"), choice

        responded(list(client.responses.create(model="echo", input=complaints.QUESTION, stream=True)))
        with client.responses.stream(model="echo", input=complaints.QUESTION) as stream:
            assert stream.get_final_response().output_text == complaints.QUESTION

        # A failure in the middle is one here too.
        said = ""
        try:
            for chunk in client.chat.completions.create(model="unlucky", messages=TURNS, stream=True):
                said += chunk.choices[0].delta.content or ""
        except openai.APIError as error:
            assert error.message == "out of luck", error
        else:
            raise AssertionError("no error")
        assert said == "Grüße ", said

        # Leaving early leaves the client usable.
        for chunk in client.chat.completions.create(model="echo", messages=TURNS, stream=True):
            break
        assert next(iter(client.chat.completions.create(model="echo", messages=TURNS, stream=True))).id == "chatcmpl-1"


async def not_blocking():
    async with openai.AsyncOpenAI(**settings()) as client:
        completion = Completion()
        async for chunk in await client.chat.completions.create(model="echo", messages=TURNS, stream=True):
            completion.add(chunk)
        completion.check()
        stream = await client.responses.create(model="echo", input=complaints.QUESTION, stream=True)
        responded([event async for event in stream])


complaints.are_errors()
blocking()
asyncio.run(not_blocking())
print(f"openai {openai.__version__} (Python)")
