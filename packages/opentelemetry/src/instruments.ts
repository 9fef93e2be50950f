import { type Counter, type Histogram, type MeterProvider, metrics } from '@opentelemetry/api';
import { metric, own, secondsBuckets, tokenBuckets } from './names.ts';

/** The instruments of one meter provider. */
export interface Instruments {
  readonly provider: MeterProvider;
  readonly duration: Histogram;
  readonly timeToFirstChunk: Histogram;
  readonly timePerOutputChunk: Histogram;
  readonly tokenUsage: Histogram;
  readonly toolDuration: Histogram;
  /** Streams that ended, by verdict. */
  readonly ends: Counter;
  /** Requests that were sent again, by kind. */
  readonly resends: Counter;
}

/** Finds the instruments of a provider, and of the global one if none is given: a program may set that one late. */
export class InstrumentSource {
  readonly #given: MeterProvider | undefined;
  #last: Instruments | undefined;

  constructor(given: MeterProvider | undefined) {
    this.#given = given;
  }

  get current(): Instruments {
    const provider = this.#given ?? metrics.getMeterProvider();
    if (this.#last?.provider !== provider) this.#last = createInstruments(provider);
    return this.#last;
  }
}

function createInstruments(provider: MeterProvider): Instruments {
  const meter = provider.getMeter('@gemini/opentelemetry');
  const seconds = (name: string, description: string): Histogram =>
    meter.createHistogram(name, { description, unit: 's', advice: { explicitBucketBoundaries: secondsBuckets } });
  return {
    provider,
    duration: seconds(metric.duration, 'Duration of an answer'),
    timeToFirstChunk: seconds(metric.timeToFirstChunk, 'Time from the start of an answer to its first chunk'),
    timePerOutputChunk: seconds(metric.timePerOutputChunk, 'Time of each chunk since the one before'),
    tokenUsage: meter.createHistogram(metric.tokenUsage, {
      description: 'Tokens of an answer and its prompt',
      unit: '{token}',
      advice: { explicitBucketBoundaries: tokenBuckets },
    }),
    toolDuration: seconds(own.toolDuration, 'Duration of a function call'),
    ends: meter.createCounter(own.ends, {
      description: 'Answers that ended, by how they ended and whether they were live',
      unit: '{stream}',
    }),
    resends: meter.createCounter(own.resends, {
      description: 'Requests that were sent again: retries, resumptions and fallbacks',
      unit: '{request}',
    }),
  };
}
