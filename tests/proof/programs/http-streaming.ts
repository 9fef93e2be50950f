import { type EventStream, openEventStream } from '@gemini/http-streaming';

const url = `${process.env['EMULATOR_URL']}/v1beta/models/gemini-flash-latest:streamGenerateContent?alt=sse`;
const json = { contents: [{ role: 'user', parts: [{ text: 'Say it works' }] }] };
const stream: EventStream = await openEventStream({ url, json });
let text = '';
for await (const { data } of stream) text += JSON.parse(data).candidates[0].content.parts[0].text as string;
console.log(text);
