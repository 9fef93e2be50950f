import { refuseUnknown } from '@gemini/http-streaming';
import { aBoolean, aNumber, aString, anObject, expectValid, listOf, objectOf, objectWith, optional } from '../check.ts';
import { withExtraBody } from '../request/extra-body.ts';
import { wellFormed } from '../request/tidy-result.ts';
import type { ModelChoice } from '../request/models.ts';
import { isRecord, kindOf } from '../wire/guard.ts';
import type {
  InteractionFormat,
  InteractionGenerationConfig,
  InteractionInput,
  InteractionRequest,
  InteractionStep,
} from '../wire/interaction-types.ts';

/** Fields of an interaction that are options of its stream. They come before those of the request. */
export interface InteractionFields {
  /** A model, or several: the next one is asked if the one before cannot answer now. @defaultValue the client's */
  readonly model?: ModelChoice | undefined;
  /** An agent in the place of a model. @defaultValue none */
  readonly agent?: string | undefined;
  /** Continues the conversation of an interaction that is stored. @defaultValue none */
  readonly previousInteractionId?: string | undefined;
  /** Lets the server run on by itself: the stream follows the run, over any number of connections. @defaultValue `false` */
  readonly background?: boolean | undefined;
  /** Whether the API keeps the interaction. Without it there is no id to continue from. @defaultValue `true` */
  readonly store?: boolean | undefined;
  readonly systemInstruction?: string | undefined;
  /** In the API's own names: `max_output_tokens`. */
  readonly generationConfig?: InteractionGenerationConfig | undefined;
  readonly responseFormat?: InteractionFormat | InteractionFormat[] | undefined;
  /** Fields that have no name here, merged into the request last. @defaultValue none */
  readonly extraBody?: Readonly<Record<string, unknown>> | undefined;
}

const wireNames = [
  'input',
  'model',
  'agent',
  'background',
  'store',
  'previous_interaction_id',
  'continuation_token',
  'system_instruction',
  'tools',
  'generation_config',
  'agent_config',
  'response_format',
  'safety_settings',
  'service_tier',
  'labels',
  'environment',
  'webhook_config',
  'cached_content',
];
const text = optional(aString);
const flag = optional(aBoolean);
const number = optional(aNumber);
const bodyCheck = objectWith({
  agent: text,
  background: flag,
  store: flag,
  previous_interaction_id: text,
  continuation_token: text,
  system_instruction: text,
  tools: optional(listOf(anObject)),
  generation_config: optional(
    objectWith({
      max_output_tokens: number,
      seed: number,
      temperature: number,
      top_p: number,
      stop_sequences: optional(listOf(aString)),
    }),
  ),
  agent_config: optional(anObject),
  labels: optional(objectOf(aString)),
  service_tier: text,
});

/** A request whose model is still to be chosen. */
export interface ReadInteraction {
  readonly body: InteractionRequest;
  readonly model: ModelChoice | undefined;
}

/**
 * Returns the body for an input and the options of a stream.
 * @throws TypeError with the name of an invalid field, and for fields that exclude each other
 */
export function readInteraction(
  given: InteractionInput | InteractionRequest,
  options: InteractionFields,
): ReadInteraction {
  const isRequest = isRecord(given) && !('type' in given);
  const request: InteractionRequest = isRequest ? given : { input: given as InteractionInput };
  if (isRequest) refuseForeignFields(given);
  const { model: ownModel, ...fields } = request;
  const body = defined({
    ...fields,
    agent: options.agent ?? fields.agent,
    background: options.background ?? fields.background,
    store: options.store ?? fields.store,
    previous_interaction_id: options.previousInteractionId ?? fields.previous_interaction_id,
    system_instruction: options.systemInstruction ?? fields.system_instruction,
    generation_config: { ...fields.generation_config, ...options.generationConfig },
    response_format: options.responseFormat ?? fields.response_format,
  });
  if (Object.keys(body.generation_config ?? {}).length === 0) delete body.generation_config;
  const whole = wellFormed(withExtraBody(body, options.extraBody));
  expectValid(bodyCheck, whole);
  checkInput(whole);
  const model = options.model ?? ownModel;
  checkTogether(whole, model);
  return { body: whole, model };
}

/** Returns an input as steps. */
export function inputSteps(input: InteractionInput | undefined): readonly InteractionStep[] {
  if (input === undefined) return [];
  if (typeof input === 'string') return [{ type: 'user_input', content: [{ type: 'text', text: input }] }];
  const items = (Array.isArray(input) ? input : [input]) as readonly InteractionStep[];
  const contents = new Set(['text', 'image', 'audio', 'video', 'document']);
  return items.some(({ type }) => contents.has(type)) ? [{ type: 'user_input', content: [...items] as never }] : items;
}

const messageHint = ": messages are steps: { type: 'user_input', content: [{ type: 'text', text }] }";

function checkInput({ input, continuation_token: token }: InteractionRequest): void {
  if (input === undefined) {
    if (token === undefined) throw new TypeError('input: expected text, contents or steps, got undefined');
    return;
  }
  if (typeof input === 'string') {
    if (input === '') throw new TypeError('input: expected text, got an empty string');
    return;
  }
  const items: readonly unknown[] = Array.isArray(input) ? (input as readonly unknown[]) : [input];
  if (items.length === 0) throw new TypeError('input: expected at least one content or step, got an empty array');
  for (const [index, item] of items.entries()) {
    const path = Array.isArray(input) ? `input[${index}]` : 'input';
    if (isRecord(item) && typeof item['type'] === 'string') continue;
    const isContent = isRecord(item) && ('role' in item || 'parts' in item);
    const hint = isContent ? messageHint : '';
    throw new TypeError(`${path}: expected an object with a type, got ${kindOf(item)}${hint}`);
  }
}

function checkTogether(
  { agent, background, store, generation_config: config }: InteractionRequest,
  model: unknown,
): void {
  if (agent !== undefined && model !== undefined) throw new TypeError('agent: expected none beside model');
  if (background === true && store === false) {
    throw new TypeError(
      'background: expected false with store: false, for a run that is not stored cannot be followed',
    );
  }
  if (agent !== undefined && config !== undefined) {
    throw new TypeError('generationConfig: expected none beside agent: pass agent_config in the request');
  }
}

function refuseForeignFields(request: object): void {
  if ('contents' in request) throw new TypeError('contents: unknown field, did you mean input?');
  if ('parts' in request || 'role' in request) {
    throw new TypeError(`input: expected a request or contents with a type, got a message${messageHint}`);
  }
  if ('stream' in request) throw new TypeError('stream: expected none, for every request is streamed');
  // The API has its own names, with underscores.
  const camel = Object.keys(request).find((name) => wireNames.includes(snakeCase(name)) && !wireNames.includes(name));
  if (camel !== undefined) throw new TypeError(`${camel}: unknown field, did you mean ${snakeCase(camel)}?`);
  refuseUnknown('', request, wireNames);
}

function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function defined(fields: object): InteractionRequest {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as InteractionRequest;
}
