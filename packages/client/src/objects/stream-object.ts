import { setImmediate as nextTurn } from 'node:timers/promises';
import { GeminiError, type GeminiErrorFacts, type ObjectIssue } from '../errors.ts';
import { ignoreUnhandled } from '../ignore-unhandled.ts';
import { type StreamInput, normaliseRequest } from '../request/normalise-request.ts';
import type { StreamOptions } from '../stream-options.ts';
import type { GeminiStream } from '../stream/gemini-stream.ts';
import type { StreamOutcome } from '../types.ts';
import type { GenerateContentRequest } from '../wire/types.ts';
import { type JsonValue, createJsonBuilder } from './json-builder.ts';
import { type ReadSchema, readSchema } from './schema.ts';
import { type StringGrowth, stringGrowth } from './string-growth.ts';

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
    object: () => (object ??= ignoreUnhandled(started.outcome.then((outcome) => readObject(outcome, read)))),
  });
}

/** What a request may not say beside a schema. */
const excluded = ['responseSchema', 'responseJsonSchema'] as const;
const jsonMimeType = 'application/json';

/**
 * The same request, asking for JSON that fits the schema.
 * @throws TypeError for a request that asks for another form already
 */
function objectRequest(request: GenerateContentRequest, { jsonSchema }: ReadSchema): GenerateContentRequest {
  const { generationConfig = {} } = request;
  for (const name of excluded) {
    if (generationConfig[name] !== undefined) {
      throw new TypeError(
        `generationConfig.${name}: expected none beside schema, got ${typeof generationConfig[name]}`,
      );
    }
  }
  const { responseMimeType = jsonMimeType } = generationConfig;
  if (responseMimeType !== jsonMimeType) {
    throw new TypeError(`generationConfig.responseMimeType: expected ${jsonMimeType}, got ${String(responseMimeType)}`);
  }
  return {
    ...request,
    generationConfig: { ...generationConfig, responseMimeType, responseJsonSchema: jsonSchema },
  };
}

/**
 * The object that an answer holds.
 * @throws GeminiError the outcome's own, where it has one; `blocked`; `incomplete-object` where the text ended before
 * the object did, with the finish reason in `reason`; `invalid-object` for what is no JSON or does not fit the schema
 */
async function readObject(outcome: StreamOutcome, schema: ReadSchema): Promise<unknown> {
  const { error, status, text, response, finishReason } = outcome;
  if (error !== undefined) throw error;
  if (status === 'blocked') {
    const reason = outcome.blockReason ?? finishReason;
    throw new GeminiError('blocked', `there is no object: the answer was refused (${reason})`, {
      reason,
      text,
      partial: response,
    });
  }
  const facts = { text, partial: response };
  const builder = createJsonBuilder();
  builder.push(text);
  const end = builder.end();
  if (end.status === 'incomplete') {
    const message = `the answer ended before its object did (${finishReason}, ${text.length} characters)`;
    throw new GeminiError('incomplete-object', message, { ...facts, reason: finishReason });
  }
  if (end.status === 'invalid') {
    throw invalidObject([{ path: [], message: `no JSON from character ${end.offset} on` }], facts);
  }
  const result = await schema.validate(end.value);
  if ('issues' in result) throw invalidObject(result.issues, facts);
  return result.value;
}

/** The most issues that a message tells; all are in `issues`. */
const maxIssuesTold = 3;

function invalidObject(issues: readonly ObjectIssue[], facts: GeminiErrorFacts): GeminiError {
  const places = issues.slice(0, maxIssuesTold).map(({ path, message }) => `${path.join('.') || 'it'}: ${message}`);
  if (issues.length > maxIssuesTold) places.push(`and ${issues.length - maxIssuesTold} more`);
  const message = `the answer does not fit the schema: ${places.join('; ')}`;
  return new GeminiError('invalid-object', message, { ...facts, issues });
}

/**
 * What the partials may cost for each character of the text. Past it, pieces that are there already are taken together:
 * a partial for each would make the work quadratic.
 */
const costPerCharacter = 8;
/** Always allowed, so that small objects show every piece. */
const freeCost = 100_000;

/**
 * The partial values of a JSON text that comes in pieces: one for each piece that shows more, or for several where the
 * value is large and they are there together. It ends where the text does, and fails as the text does; a text that is no
 * JSON shows nothing more from there on. Leaving it leaves the text.
 */
function iteratePartials(
  texts: AsyncIterator<string, undefined>,
  growth: StringGrowth,
): AsyncIterator<JsonValue, undefined> {
  const builder = createJsonBuilder(growth);
  let last: Promise<unknown> = Promise.resolve();
  // The piece that was looked for while a partial was ready.
  let ahead: Promise<IteratorResult<string, undefined>> | undefined;
  let mayCost = freeCost;

  const take = async (): Promise<IteratorResult<JsonValue, undefined>> => {
    let hasMore = false;
    let later: Promise<false> | undefined;
    for (;;) {
      const step = ahead ?? texts.next();
      ahead = undefined;
      const { done, value: text } = await step;
      if (done === true) return { done, value: undefined };
      mayCost += text.length * costPerCharacter;
      if (builder.push(text)) hasMore = true;
      if (!hasMore) continue;
      if (mayCost < builder.partialCost) {
        ahead = ignoreUnhandled(texts.next());
        later ??= afterNextRead();
        const isThere = ahead.then(({ done: isOver }) => isOver !== true).catch(() => false);
        if (await Promise.race([isThere, later])) continue;
      }
      mayCost = Math.max(0, mayCost - builder.partialCost);
      const partial = builder.partial();
      if (partial !== undefined) return { done: false, value: partial };
    }
  };
  return {
    next() {
      // One after the other: two steps at once would share the pieces between them.
      const step = last.then(take);
      last = step.catch(() => undefined);
      return ignoreUnhandled(step);
    },
    async return() {
      await texts.return?.();
      return { done: true, value: undefined };
    },
  };
}

/** Waits until the event loop has looked at the socket once: its first turn may be the rest of this one. */
async function afterNextRead(): Promise<false> {
  await nextTurn();
  return nextTurn(false as const);
}

/** A value of which anything may still be missing, at any depth. What is there is right. */
export type DeepPartial<Value> = Value extends readonly (infer Item)[]
  ? DeepPartial<Item>[]
  : Value extends object
    ? { [Key in keyof Value]?: DeepPartial<Value[Key]> }
    : Value;
