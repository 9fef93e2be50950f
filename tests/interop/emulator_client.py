"""Talks to the emulator with nothing but the standard library and prints what it saw as JSON."""

import http.client
import json
import sys
import urllib.error
import urllib.parse
import urllib.request

BASE = sys.argv[1]
MODEL = "/v1beta/models/gemini-flash-latest"


def post(path, body, base=BASE):
    request = urllib.request.Request(
        base + path,
        data=json.dumps(body).encode(),
        headers={"content-type": "application/json", "x-goog-api-key": "any-key"},
    )
    return urllib.request.urlopen(request)


def user(text):
    return {"role": "user", "parts": [{"text": text}]}


def generate(body):
    with post(MODEL + ":generateContent", body) as response:
        return json.load(response)["candidates"][0]["content"]


def stream(body, base=BASE):
    with post(MODEL + ":streamGenerateContent?alt=sse", body, base) as response:
        for line in response:
            if line.startswith(b"data: "):
                yield json.loads(line[6:])


def text_of(chunks):
    parts = [part for chunk in chunks for part in chunk["candidates"][0]["content"]["parts"]]
    return "".join(part.get("text", "") for part in parts if not part.get("thought"))


def refused():
    try:
        post(MODEL + ":generateContent", {"contents": [user("hi")]}, BASE + "/__scenario/quota-retry-info")
    except urllib.error.HTTPError as error:
        body = json.load(error)["error"]
        return [error.code, body["status"], body["details"][1]["retryDelay"]]


def leave():
    connection = http.client.HTTPConnection(urllib.parse.urlparse(BASE).netloc)
    path = "/__scenario/long-and-healthy" + MODEL + ":streamGenerateContent?alt=sse"
    connection.request("POST", path, json.dumps({"contents": [user("hi")]}))
    response = connection.getresponse()
    response.readline()
    response.close()
    connection.close()


def continued():
    base = BASE + "/__scenario/continuation-chain"
    body = {"contents": [user("Count from 1 to 9")]}
    text = ""
    while True:
        chunks = list(stream(body, base))
        text += text_of(chunks)
        last = chunks[-1]["candidates"][0]
        if last.get("finishReason") != "CONTINUATION":
            return text
        body["continuation_token"] = last["continuationToken"]


question = user("What is the weather in Lisbon?")
tools = [{"function_declarations": [{
    "name": "get_weather",
    "parameters": {"type": "OBJECT", "properties": {"city": {"type": "STRING"}}, "required": ["city"]},
}]}]
called = generate({"contents": [question], "tools": tools})
response = {"role": "user", "parts": [{"function_response": {"name": "get_weather", "response": {"sky": "clear"}}}]}
thinking = generate({
    "contents": [user("Tell me about rivers")],
    "generation_config": {"thinking_config": {"include_thoughts": True}},
})
structured = generate({
    "contents": [user("A trip of 3 days")],
    "generation_config": {
        "response_mime_type": "application/json",
        "response_schema": {"type": "OBJECT", "properties": {"days": {"type": "INTEGER"}}, "required": ["days"]},
    },
})
leave()
print(json.dumps({
    "text": text_of(stream({"contents": [user("Count from 1 to 5")]})),
    "turns": generate({"contents": [
        user("Hello, my name is Ada"), {"role": "model", "parts": [{"text": "Hello."}]}, user("What is my name?"),
    ]})["parts"][0]["text"],
    "thoughts": sum(1 for part in thinking["parts"] if part.get("thought")),
    "call": called["parts"][0]["functionCall"],
    "answered": generate({"contents": [question, called, response], "tools": tools})["parts"][0]["text"],
    "structured": json.loads(structured["parts"][0]["text"]),
    "tokens": json.load(post(MODEL + ":countTokens", {"contents": [user("hi there")]}))["totalTokens"],
    "models": [model["name"] for model in json.load(urllib.request.urlopen(BASE + "/v1beta/models"))["models"]],
    "refused": refused(),
    "continued": continued(),
}))
