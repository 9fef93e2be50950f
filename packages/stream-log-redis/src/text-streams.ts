import type { ManagedStream, PushSource, StreamSink } from '@gemini/stream-manager';

/** Returns the source of a web stream of strings. It is cancelled, with the reason, when the stream is stopped. */
export function textSource(makeStream: () => ReadableStream<string>): PushSource<string> {
  return { start: (sink) => pushAll(makeStream(), sink) };
}

async function pushAll(stream: ReadableStream<string>, sink: StreamSink<string>): Promise<void> {
  const reader = stream.getReader();
  let resume: (() => void) | undefined;
  sink.onResume(() => resume?.());
  sink.signal.addEventListener('abort', () => {
    resume?.();
    reader.cancel(sink.signal.reason).catch(ignore);
  });
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return sink.end();
    if (typeof value !== 'string') {
      const error = new TypeError(`makeStream: expected a stream of strings, got ${typeof value}`);
      reader.cancel(error).catch(ignore);
      throw error;
    }
    if (!sink.push(value) && !sink.signal.aborted) await new Promise<void>((resolve) => (resume = resolve));
  }
}

/** Returns the text of a stream from a character on, as it was pushed; a reader that is slow slows no other one. */
export function textFrom(stream: ManagedStream<string>, skipCharacters: number): ReadableStream<string> {
  const iterator = stream.iterate();
  let left = skipCharacters;
  return new ReadableStream<string>(
    {
      async pull(controller) {
        for (;;) {
          const { done, value } = await iterator.next();
          if (done === true) return controller.close();
          const text = value.slice(left);
          left -= Math.min(left, value.length);
          if (text !== '') return controller.enqueue(text);
        }
      },
      cancel: () => iterator.return().then(ignore),
    },
    { highWaterMark: 0 },
  );
}

function ignore(): void {}
