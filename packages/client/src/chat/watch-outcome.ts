import type { ManagedStream, PushSource } from '@gemini/stream-manager';
import type { StoredStreamEvent } from '../stream/events.ts';
import type { StreamOutcome } from '../stream/outcome.ts';
import { outcomeOfEnd } from '../stream/outcome-of-end.ts';

type Source = PushSource<StoredStreamEvent, StreamOutcome>;

/** Tells the outcome of a stream once, before anybody who reads the stream hears of it. */
export function watchOutcome(source: Source, onOutcome: (outcome: StreamOutcome) => void) {
  let isTold = false;
  const tell = (outcome: StreamOutcome): void => {
    if (isTold) return;
    isTold = true;
    onOutcome(outcome);
  };
  const watched: Source = {
    start: (sink) =>
      source.start({
        id: sink.id,
        signal: sink.signal,
        coolDown: (key, untilMs) => sink.coolDown(key, untilMs),
        push: (event) => sink.push(event),
        onResume: (callback) => sink.onResume(callback),
        end(outcome) {
          tell(outcome);
          sink.end(outcome);
        },
        fail(error, outcome) {
          if (outcome !== undefined) tell(outcome);
          sink.fail(error, outcome);
        },
      }),
  };
  return {
    source: watched,
    /** A stream that was stopped before it had its place never starts its source. */
    follow(managed: ManagedStream<StoredStreamEvent, StreamOutcome>): void {
      void managed.ended.then((end) => tell(outcomeOfEnd(end)));
    },
  };
}
