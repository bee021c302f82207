"""The official `anthropic` package, pointed at our server: `sdk_anthropic.py BASE_URL`."""

import asyncio
import sys

import anthropic

import complaints

SETTINGS = {"base_url": sys.argv[1], "api_key": "none", "max_retries": 0, "timeout": 20}
ASKED = {"model": "echo", "max_tokens": 64, "messages": [{"role": "user", "content": complaints.QUESTION}]}


def check(events):
    """The events of a message, checked as a whole."""
    types = [event.type for event in events]
    # The package keeps pings to itself.
    assert types[:2] == ["message_start", "content_block_start"], types
    assert types[-3:] == ["content_block_stop", "message_delta", "message_stop"], types
    deltas = [event.delta.text for event in events if event.type == "content_block_delta"]
    assert "".join(deltas) == complaints.QUESTION and len(deltas) > 5, deltas
    assert events[-2].delta.stop_reason == "end_turn", events[-2]


def is_whole(message):
    assert message.content[0].text == complaints.QUESTION, message
    assert (message.stop_reason, message.usage.output_tokens) == ("end_turn", 4), message


def blocking():
    with anthropic.Anthropic(**SETTINGS) as client:
        check(list(client.messages.create(**ASKED, stream=True)))

        # The helper that adds up by itself.
        with client.messages.stream(**ASKED) as stream:
            assert "".join(stream.text_stream) == complaints.QUESTION
            is_whole(stream.get_final_message())

        # A failure in the middle is one here too.
        types = []
        try:
            for event in client.messages.create(**{**ASKED, "model": "unlucky"}, stream=True):
                types.append(event.type)
        except anthropic.APIStatusError as error:
            assert "out of luck" in str(error), error
        else:
            raise AssertionError("no error")
        assert types[-1] == "content_block_delta", types


async def not_blocking():
    async with anthropic.AsyncAnthropic(**SETTINGS) as client:
        check([event async for event in await client.messages.create(**ASKED, stream=True)])
        async with client.messages.stream(**ASKED) as stream:
            is_whole(await stream.get_final_message())


complaints.are_errors()
blocking()
asyncio.run(not_blocking())
print(f"anthropic {anthropic.__version__} (Python)")
