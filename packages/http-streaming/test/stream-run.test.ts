import {
  openEventStream,
  type ConsumptionControl,
  type EventStream,
  type EventStreamOptions,
} from '@gemini/http-streaming';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { serveBody, type BodyEnding, type BodyServer } from './serve-body.ts';
import { waitFor } from './wait-for.ts';

/** A consumer that notes what it gets; `onEvent` is called after each event is noted. */
class Notes {
  readonly seen: string[] = [];
  readonly ended: Promise<void>;
  readonly control: ConsumptionControl;

  constructor(stream: EventStream, onEvent: (data: string) => void = () => {}) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ended = promise;
    const note = (text: string): void => void this.seen.push(text);
    this.control = stream.consume({
      event({ data }) {
        note(data);
        onEvent(data);
      },
      text: (text) => note(`text ${text}`),
      end(bodyEnd) {
        note(`end ${bodyEnd}`);
        resolve();
      },
      error({ code }) {
        note(code);
        resolve();
      },
    });
  }
}

const open = (server: BodyServer, options?: EventStreamOptions): Promise<EventStream> =>
  openEventStream({ url: server.url }, { retry: false, ...options });
const serve = (body: string, ending: BodyEnding): Promise<BodyServer> => serveBody(Buffer.from(body), ending);
const afew = async (turns = 20): Promise<void> => {
  for (let turn = 0; turn < turns; turn += 1) await nextTurn();
};

it('events stay in order, with the end last, while the consumer pauses repeatedly', async () => {
  await using server = await serve('data: a\n\ndata: b\n\ndata: c\n\n<p>\ndata: d\n\n', 'length');
  const stream = await open(server);
  const notes = new Notes(stream, () => notes.control.pause());
  for (const count of [1, 2, 3]) {
    await waitFor(() => notes.seen.length === count);
    await afew();
    expect(notes.seen).toEqual(['a', 'b', 'c'].slice(0, count));
    notes.control.resume();
  }
  await waitFor(() => notes.seen.length === 5);
  notes.control.resume();
  await notes.ended;
  expect(notes.seen).toEqual(['a', 'b', 'c', 'text <p>', 'd', 'end length']);
});

it('the control of consume can be destructured', async () => {
  await using server = await serve('data: a\n\ndata: b\n\n', 'length');
  const stream = await open(server);
  const notes = new Notes(stream, (data) => {
    const { pause, resume } = notes.control;
    if (data !== 'a') return;
    pause();
    setImmediate(resume);
  });
  await notes.ended;
  expect(notes.seen).toEqual(['a', 'b', 'end length']);
});

it('the error is delivered after the events before it', async () => {
  await using server = await serve('data: a\n\ndata: b\n\n', 'reset');
  const stream = await open(server);
  const notes = new Notes(stream, (data) => {
    if (data === 'a') notes.control.pause();
  });
  await waitFor(() => notes.seen.length === 1);
  server.end();
  await afew();
  expect(notes.seen).toEqual(['a']);
  notes.control.resume();
  await notes.ended;
  expect(notes.seen).toEqual(['a', 'b', 'connection-lost']);
});

it('cancel drops the held events', async () => {
  await using server = await serve('data: a\n\ndata: b\n\n', 'silence');
  const stream = await open(server);
  const notes = new Notes(stream, () => notes.control.pause());
  await waitFor(() => notes.seen.length === 1);
  stream.cancel();
  expect(notes.seen).toEqual(['a', 'aborted']);
  notes.control.resume();
  await afew();
  expect(notes.seen).toEqual(['a', 'aborted']);
});

it('the end is reported once, even if the stream is cancelled after it', async () => {
  await using server = await serve('data: a\n\n', 'length');
  const stream = await open(server);
  const notes = new Notes(stream);
  await notes.ended;
  stream.cancel();
  await afew();
  expect(notes.seen).toEqual(['a', 'end length']);
});

it('a late consumer gets the end after consume has returned', async () => {
  await using server = await serve('data: a\n\n', 'silence');
  const stream = await open(server);
  stream.cancel();
  const notes = new Notes(stream);
  expect(notes.seen).toEqual([]);
  await notes.ended;
  expect(notes.seen).toEqual(['aborted']);
});

it('a stream whose consumer stays paused is abandoned', async () => {
  await using server = await serve('data: a\n\ndata: b\n\n', 'silence');
  const stream = await open(server, { unreadTimeoutMs: 40 });
  const notes = new Notes(stream, () => notes.control.pause());
  await notes.ended;
  expect(notes.seen).toEqual(['a', 'abandoned']);
});

it('a silent stream is not abandoned while it is read', async () => {
  await using server = await serve('data: a\n\n', 'silence');
  const stream = await open(server, { unreadTimeoutMs: 40, totalTimeoutMs: 400 });
  const notes = new Notes(stream);
  await notes.ended;
  expect(notes.seen).toEqual(['a', 'total-timeout']);
});

it('inspecting a stream shows nothing of its request', async () => {
  await using server = await serve('data: a\n\n', 'silence');
  const { inspect } = await import('node:util');
  const stream = await openEventStream({ url: `${server.url}?key=secret-123`, json: { prompt: 'words' } });
  expect(inspect(stream, { depth: null, showHidden: true })).not.toMatch(/secret|words/);
  expect(JSON.stringify(stream)).toBe('{}');
  stream.cancel();
});

it('comments, retry fields and ids are delivered in order, held ones too', async () => {
  const body = ': one\nid: 1\nretry: 50\n\ndata: a\nid: 2\n\n: two\ndata: b\n\n';
  await using server = await serve(body, 'length');
  const stream = await open(server);
  const seen: string[] = [];
  await new Promise<void>((resolve, reject) => {
    const pauses = (text: string): void => {
      seen.push(text);
      control.pause();
      setImmediate(() => control.resume());
    };
    const control = stream.consume({
      event: ({ data }) => pauses(`event ${data}`),
      comment: (text) => pauses(`comment ${text}`),
      retry: (delayMs) => pauses(`retry ${delayMs}`),
      id: (id) => pauses(`id ${id}`),
      end: () => resolve(),
      error: reject,
    });
  });
  expect(seen).toEqual(['comment one', 'retry 50', 'id 1', 'id 2', 'event a', 'comment two', 'event b']);
});

it('an error in a comment callback ends the stream', async () => {
  await using server = await serve(': one\n\ndata: a\n\n', 'silence');
  const stream = await open(server);
  const error = await new Promise((resolve) => {
    const comment = (): never => {
      throw new Error('mine');
    };
    stream.consume({ comment, event: () => {}, end: () => resolve(undefined), error: resolve });
  });
  expect(error).toMatchObject({ code: 'consumer-failed', cause: new Error('mine') });
});
