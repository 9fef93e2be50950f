import type { Gemini } from '@gemini/client';
import net from 'node:net';

/** The faults that can be put into the product on purpose. */
export const breakNames = [
  'doubled-event',
  'lost-event',
  'lost-end',
  'foreign-text',
  'leaked-timer',
  'leaked-socket',
  'stuck-close',
  'unhandled-rejection',
] as const;

export type BreakName = (typeof breakNames)[number];

type Streams = Gemini['streams'];
type Source = Extract<Parameters<Streams['start']>[0], { start: unknown }>;
type Sink = Parameters<Source['start']>[0];

/** Breaks one promise of a client, in one of its streams in five. */
export function breakClient(gemini: Gemini, address: string, name: BreakName): void {
  const { streams } = gemini;
  const start = streams.start.bind(streams);
  const close = streams.close.bind(streams);
  let startsCount = 0;
  Object.assign(streams, {
    start(source: Source, options: Parameters<Streams['start']>[1]) {
      startsCount += 1;
      if (startsCount % 5 !== 0) return start(source, options);
      if (name === 'leaked-timer') setTimeout(() => {}, 86_400_000);
      if (name === 'leaked-socket') net.connect({ host: address, port: 80 }).on('error', () => {});
      if (name === 'unhandled-rejection') void Promise.reject(new Error('on purpose'));
      const original = source.start.bind(source);
      source.start = (sink) => original(brokenSink(sink, name));
      return start(source, options);
    },
    close(options: Parameters<Streams['close']>[0]) {
      const closed = close(options);
      return name === 'stuck-close' ? new Promise(() => {}) : closed;
    },
  });
}

function brokenSink(sink: Sink, name: BreakName): Sink {
  let textsCount = 0;
  return {
    id: sink.id,
    signal: sink.signal,
    coolDown: (key, untilMs) => sink.coolDown(key, untilMs),
    onResume: (callback) => sink.onResume(callback),
    onStop: (callback) => sink.onStop(callback),
    push(event) {
      if (event.type === 'text-delta') textsCount += 1;
      const isHit = event.type === 'text-delta' && textsCount === 2;
      if (isHit && name === 'lost-event') return true;
      if (isHit && name === 'doubled-event') sink.push(event);
      if (isHit && name === 'foreign-text') sink.push({ type: 'text-delta', text: 'stray', candidate: 0 });
      return sink.push(event);
    },
    end(result) {
      if (name !== 'lost-end') sink.end(result);
    },
    fail(error, result) {
      if (name !== 'lost-end') sink.fail(error, result);
    },
  };
}
