import { GeminiError, type GeminiErrorFacts, type ObjectIssue } from '../errors.ts';
import { ignoreUnhandled } from '../stream/iterate-stream.ts';
import type { StreamOptions } from '../stream-options.ts';
import type { GeminiStream } from '../stream/gemini-stream.ts';
import type { StreamOutcome } from '../types.ts';
import type { GenerateContentRequest } from '../wire/request-types.ts';
import { JsonBuilder } from './json-builder.ts';
import { type DeepPartial, PartialObjects } from './partial-objects.ts';
import { type ReadSchema, readSchema } from './schema.ts';
import { StringGrowth } from './string-growth.ts';

/** Options of `streamObject`. */
export interface ObjectStreamOptions<Schema = unknown> extends StreamOptions {
  /** The schema of the object: a zod schema, another one that implements Standard Schema, or a plain JSON Schema. */
  readonly schema: Schema;
}

/** An answer that is one object. `Written` is the type that the model writes, `Value` the schema's output. */
export interface ObjectStream<Value, Written = Value> extends GeminiStream {
  /**
   * The object as it grows, each time as a new value. Everything in it is right so far: objects gain keys, arrays gain
   * items, and free text grows. A number, a literal, or a string whose form the schema restricts (by an enum, a format
   * or a pattern) appears when it is whole. Refinements of the schema are not checked yet. There is a value for each
   * piece of the answer that shows more; if the object is large, pieces that are there already make one value. Throws
   * if the answer failed or was cut.
   */
  readonly partialObjects: AsyncIterable<DeepPartial<Written>>;
  /**
   * The whole object, checked by the schema.
   *
   * Rejects with the stream's own error, or with a GeminiError `invalid-object`, `incomplete-object` (its `reason` is
   * `MAX_TOKENS` if the token limit cut it) or `blocked`. The error's `text` is the answer as it came.
   */
  object(): Promise<Value>;
}

/**
 * Starts an answer that must be an object. Nothing is sent if this throws.
 * @throws TypeError for an invalid schema, and for a request that asks for another form
 */
export function streamObject<
  Options extends { readonly restart?: boolean | undefined; readonly keepContent?: boolean | undefined },
>(
  start: (options: Options, schema: ReadSchema) => GeminiStream,
  { schema, ...options }: Options & { readonly schema: unknown },
): ObjectStream<unknown> {
  if (options.keepContent === false) {
    throw new TypeError('keepContent: expected true, for an object is checked when it is whole');
  }
  const read = readSchema(schema);
  const started = start(options as unknown as Options, read);
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
        return new PartialObjects(texts, StringGrowth.of(read.fullSchema)) as AsyncIterator<{}, undefined>;
      },
    },
    object: () => (object ??= ignoreUnhandled(started.outcome.then((outcome) => readObject(outcome, read)))),
  });
}

/** Fields that a request may not have beside a schema. */
const excluded = ['responseSchema', 'responseJsonSchema'] as const;
const jsonMimeType = 'application/json';

/**
 * Returns the same request, asking for JSON that fits the schema.
 * @throws TypeError for a request that asks for another form already
 */
export function objectRequest(request: GenerateContentRequest, { jsonSchema }: ReadSchema): GenerateContentRequest {
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
    throw new TypeError(`generationConfig.responseMimeType: expected ${jsonMimeType}, got ${responseMimeType}`);
  }
  return {
    ...request,
    generationConfig: { ...generationConfig, responseMimeType, responseJsonSchema: jsonSchema },
  };
}

/**
 * Returns the object of an answer.
 * @throws GeminiError the outcome's own, if it has one; `blocked`; `incomplete-object` if the text ended before the
 * object did, with the finish reason in `reason`; `invalid-object` if it is not JSON or does not fit the schema
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
  const end = readJson(text);
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

type JsonEnd = ReturnType<JsonBuilder['end']>;

/** Reads a text that is one JSON value, or has one fenced or bare object or array in other words. */
function readJson(text: string): JsonEnd {
  const end = endOf(text);
  if (end.status !== 'invalid') return end;
  const fenced = [...text.matchAll(/```[\w-]*\s*\n(.*?)```/gs)].map((match) => match[1] ?? '');
  const inner = fenced.length === 1 ? endOf(fenced[0] ?? '') : endOf(bareJson(text));
  return inner.status === 'whole' ? inner : end;
}

function endOf(text: string): JsonEnd {
  const builder = new JsonBuilder();
  // Some models begin with a byte order mark.
  builder.push(text.replace(/^\uFEFF/, ''));
  return builder.end();
}

/** Returns the text from the first opening bracket to the last closing one of its kind. */
function bareJson(text: string): string {
  const start = text.search(/[[{]/);
  return start === -1 ? '' : text.slice(start, text.lastIndexOf(text[start] === '{' ? '}' : ']') + 1);
}

/** The most issues that a message names; all are in `issues`. */
const maxIssuesNamed = 3;

function invalidObject(issues: readonly ObjectIssue[], facts: GeminiErrorFacts): GeminiError {
  // Validators quote keys and values, which are content.
  const places = issues
    .slice(0, maxIssuesNamed)
    .map(({ path, message }) => `${path.join('.') || 'it'}: ${message.replaceAll(/"[^"]*"|'[^']*'/g, '…')}`);
  if (issues.length > maxIssuesNamed) places.push(`and ${issues.length - maxIssuesNamed} more`);
  const message = `the answer does not fit the schema: ${places.join('; ')}`;
  return new GeminiError('invalid-object', message, { ...facts, issues });
}
