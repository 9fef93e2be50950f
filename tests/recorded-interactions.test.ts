import { createEmulator } from '@gemini/emulator';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { recordedStreams } from './recorded-streams.ts';

const recorded = recordedStreams().filter(({ file }) => file.startsWith('interactions-'));

interface Event {
  readonly event_type: string;
  readonly event_id?: string;
  readonly interaction?: { readonly id?: string; readonly status: string };
  readonly delta?: { readonly type: string; readonly text?: string };
}

function readEvents(body: string): Event[] {
  return [...body.matchAll(/^data: (?!\[DONE\])(.*)$/gmu)].map(([, data = '']) => JSON.parse(data) as Event);
}

const textOf = (events: readonly Event[]): string =>
  events.map(({ delta }) => (delta?.type === 'text' ? delta.text : '')).join('');

describe.for(recorded)('$file', ({ path, contentType, text }) => {
  const body = readFileSync(path, 'utf8');
  const post = (url: string, request: object): Promise<Response> =>
    fetch(`${url}/v1beta/interactions`, { method: 'POST', body: JSON.stringify(request) });
  const request = { model: 'gemini-flash-latest', input: 'anything', stream: true };

  it('is replayed byte for byte', async () => {
    await using emulator = await createEmulator({ recording: { body: readFileSync(path), contentType } });
    expect(await (await post(emulator.url, request)).text()).toBe(body);
  });

  it('runs in the background, and is followed from any event', async () => {
    const events = readEvents(body);
    await using emulator = await createEmulator({ script: [{ reply: { events: events as never } }] });
    const run = readEvents(await (await post(emulator.url, { ...request, background: true })).text());
    expect(textOf(run)).toBe(text);
    expect(run.map(({ event_type: type }) => type)).toEqual(events.map(({ event_type: type }) => type));
    const id = run[0]?.interaction?.id;
    for (const place of [0, Math.floor(run.length / 2), run.length - 1]) {
      const after = run[place]?.event_id;
      const url = `${emulator.url}/v1beta/interactions/${id}?stream=true&last_event_id=${after}`;
      // One reader after another.
      // oxlint-disable-next-line no-await-in-loop
      expect(readEvents(await (await fetch(url)).text())).toEqual(run.slice(place + 1));
    }
  });
});

it('a recording of an interaction is there', () => {
  expect(recorded.length).toBeGreaterThan(0);
});
