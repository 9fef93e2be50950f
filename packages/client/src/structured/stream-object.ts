import type { GeminiStream } from '../stream/gemini-stream.ts';
import { handled } from '../handled.ts';
import { normaliseRequest, type StreamInput } from '../request/normalise-request.ts';
import type { StreamOptions } from '../stream/stream-options.ts';
import type { DeepPartial } from './deep-partial.ts';
import { iteratePartials } from './iterate-partials.ts';
import { objectRequest } from './object-request.ts';
import { readSchema } from './read-schema.ts';
import { readObject } from './read-object.ts';
import { stringGrowth } from './string-growth.ts';

/** What a stream of an object may ask for. */
export interface ObjectStreamOptions<Schema = unknown> extends StreamOptions {
  /** What the object must be: a zod schema, another one that speaks Standard Schema, or a plain JSON Schema. */
  readonly schema: Schema;
}

/** An answer that is one object. `Written` is what the model writes, `Value` what the schema makes of it. */
export interface ObjectStream<Value, Written = Value> extends GeminiStream {
  /**
   * The object as it grows, each time as a value of its own. What is there is right, as far as the answer goes:
   * objects gain keys, arrays gain items, and free text grows; a number, a literal, or a string whose form the schema
   * says (an enum, a format, a pattern) is there when it is whole. What a later refinement of the schema demands is
   * not checked yet. Throws when the answer failed or was cut on its way.
   */
  readonly partialObjects: AsyncIterable<DeepPartial<Written>>;
  /**
   * The whole object, checked by the schema.
   *
   * Rejects with the stream's own error, or with a GeminiError `invalid-object`, `incomplete-object` (its `reason` is
   * `MAX_TOKENS` where the limit cut it) or `blocked`; their `text` is the answer as it came.
   */
  object(): Promise<Value>;
}

/**
 * Starts an answer that must be an object. Nothing is sent where this throws.
 * @throws TypeError for a schema that cannot be meant, and for a request that asks for another form
 */
export function streamObject(
  stream: (input: StreamInput, options: StreamOptions) => GeminiStream,
  input: StreamInput,
  { schema, ...options }: ObjectStreamOptions,
): ObjectStream<unknown> {
  if (options.keepContent === false) {
    throw new TypeError('keepContent: expected true, for an object is checked when it is whole');
  }
  const read = readSchema(schema);
  const { body, model, signal } = normaliseRequest(input);
  const signals = [options.signal, signal].filter((given) => given !== undefined);
  const started = stream(objectRequest(body, read), {
    ...options,
    model: options.model ?? model,
    signal: signals.length > 1 ? AbortSignal.any(signals) : signals[0],
  });
  let object: Promise<unknown> | undefined;
  return Object.assign(started, {
    partialObjects: {
      [Symbol.asyncIterator]() {
        if (options.restart === true) {
          throw new TypeError(
            'partialObjects: expected a stream without restart: true, for no value can be taken back',
          );
        }
        const texts = started.textStream[Symbol.asyncIterator]() as AsyncIterator<string, undefined>;
        return iteratePartials(texts, stringGrowth(read.jsonSchema)) as AsyncIterator<{}, undefined>;
      },
    },
    object: () => (object ??= handled(started.outcome.then((outcome) => readObject(outcome, read)))),
  });
}
