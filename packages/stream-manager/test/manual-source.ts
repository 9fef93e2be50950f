import type { PushSource, StreamSink } from '../src/index.ts';

/** A push source that the test drives through its sink. */
export interface ManualSource<Event, Result> extends PushSource<Event, Result> {
  /** Throws until the manager has started the source. */
  readonly sink: StreamSink<Event, Result>;
  /** How often the manager started it. */
  readonly starts: number;
}

export function manualSource<Event = number, Result = void>(): ManualSource<Event, Result> {
  const sinks: StreamSink<Event, Result>[] = [];
  return {
    start: (sink) => void sinks.push(sink),
    get sink() {
      const [sink] = sinks;
      if (sink === undefined) throw new Error('the source has not been started');
      return sink;
    },
    get starts() {
      return sinks.length;
    },
  };
}
