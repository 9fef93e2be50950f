import { createStreamingFetch } from '@gemini/fetch';

const fetch = createStreamingFetch();
const url = `${process.env['EMULATOR_URL']}/v1beta/models/gemini-flash-latest:streamGenerateContent?alt=sse`;
const body = JSON.stringify({ contents: [{ role: 'user', parts: [{ text: 'Say it works' }] }] });
const response: Response = await fetch(url, { method: 'POST', body });
const events = (await response.text()).split('\n\n').filter((event) => event !== '');
console.log(events.map((event) => JSON.parse(event.slice(6)).candidates[0].content.parts[0].text as string).join(''));
