import { GeminiError } from '../errors.ts';
import type { ObjectStream, ObjectStreamOptions } from '../objects/stream-object.ts';
import type { JsonSchema, ObjectSchema } from '../objects/schema.ts';
import { plainCopy } from '../plain-json.ts';
import { refuseUnknownOptions } from '../request/unknown-options.ts';
import type { GeminiStream } from '../stream/gemini-stream.ts';
import type { StreamOutcome } from '../types.ts';
import { kindOf } from '../wire/guard.ts';
import type { InteractionInput, InteractionStep } from '../wire/interaction-types.ts';
import { inputSteps } from './interaction-request.ts';
import type { InteractionOptions } from './interactions.ts';

/** Options of a conversation that the Interactions API answers: its beginning, and the settings of each turn. */
export interface InteractionChatOptions extends Omit<InteractionOptions, 'previousInteractionId' | 'signal'> {
  readonly api: 'interactions';
  /** Continues a stored conversation. @defaultValue none: a new one */
  readonly interactionId?: string | undefined;
  /** The steps so far, with `store: false`. They are copied. @defaultValue `[]` */
  readonly steps?: readonly InteractionStep[] | undefined;
}

/** Options of one turn. */
export type InteractionTurnOptions = Omit<InteractionOptions, 'previousInteractionId' | 'store'>;

/**
 * A conversation that the Interactions API answers, one turn at a time. The server keeps it, and its state is an id; with
 * `store: false` its state is its steps. A turn that was stopped, cut off or failed changes neither.
 */
export interface InteractionChat {
  /**
   * Sends a message, and streams the answer. A message without results abandons the open calls.
   * @throws GeminiError `chat-busy` while another turn is running
   * @throws TypeError for an invalid message or option
   */
  stream(input: InteractionInput, options?: InteractionTurnOptions): GeminiStream;
  /** Sends a message, and streams an answer that is one object and fits a schema. */
  streamObject<Written, Value>(
    input: InteractionInput,
    options: InteractionTurnOptions & { readonly schema: ObjectSchema<Written, Value> },
  ): ObjectStream<Value, Written>;
  streamObject<Value = unknown>(
    input: InteractionInput,
    options: InteractionTurnOptions & { readonly schema: JsonSchema },
  ): ObjectStream<Value>;
  /** The last turn that was kept; `undefined` before it, and with `store: false`. */
  readonly interactionId: string | undefined;
  /** With `store: false`: every step so far, signatures included. Else empty. A copy each time. */
  readonly steps: InteractionStep[];
  /** The calls of the last answer that have no results yet, as `function_call` steps. */
  readonly openCalls: InteractionStep[];
}

/** Starts a turn. */
export interface StartTurn {
  stream(input: InteractionInput, options: InteractionOptions, onOutcome: OnOutcome): GeminiStream;
  streamObject(
    input: InteractionInput,
    options: InteractionOptions & Pick<ObjectStreamOptions, 'schema'>,
    onOutcome: OnOutcome,
  ): ObjectStream<unknown>;
}

type OnOutcome = (outcome: StreamOutcome) => void;

/** The state of a conversation: an id, or the steps so far. */
interface ChatState {
  readonly interactionId: string | undefined;
  readonly steps: readonly InteractionStep[];
  readonly openCalls: readonly InteractionStep[];
}

/** A conversation on top of single interactions. */
export class InteractionConversation implements InteractionChat {
  readonly #options: InteractionOptions;
  readonly #isStored: boolean;
  readonly #start: StartTurn;
  #state: ChatState;
  #isBusy = false;

  /** @throws TypeError that names the invalid option */
  constructor(options: InteractionChatOptions, names: readonly string[], start: StartTurn) {
    refuseUnknownOptions(options, names);
    const { api: _api, interactionId, steps = [], ...settings } = options;
    if (!Array.isArray(steps)) throw new TypeError(`steps: expected an array, got ${kindOf(steps)}`);
    this.#isStored = settings.store !== false;
    if (this.#isStored && steps.length > 0) throw new TypeError('steps: expected none unless store is false');
    if (!this.#isStored && interactionId !== undefined) {
      throw new TypeError('interactionId: expected none with store: false');
    }
    const given = plainCopy([...(steps as readonly InteractionStep[])], 'steps');
    this.#options = settings;
    this.#start = start;
    this.#state = { interactionId, steps: given, openCalls: openIn(given) };
  }

  get interactionId(): string | undefined {
    return this.#state.interactionId;
  }

  get steps(): InteractionStep[] {
    return plainCopy([...this.#state.steps], 'steps');
  }

  get openCalls(): InteractionStep[] {
    return plainCopy([...this.#state.openCalls], 'openCalls');
  }

  // Properties, so that they can be destructured.
  readonly stream = (input: InteractionInput, options: InteractionTurnOptions = {}): GeminiStream =>
    this.#begin(input, (sent, onOutcome) => this.#start.stream(sent, this.#turnOptions(options), onOutcome));
  readonly streamObject = (
    input: InteractionInput,
    { schema, ...options }: InteractionTurnOptions & Pick<ObjectStreamOptions, 'schema'>,
  ): ObjectStream<never, never> =>
    this.#begin(input, (sent, onOutcome) =>
      this.#start.streamObject(sent, { ...this.#turnOptions(options), schema }, onOutcome),
    ) as ObjectStream<never, never>;

  #turnOptions(options: InteractionTurnOptions): InteractionOptions {
    if (options.keepContent === false) {
      throw new TypeError('keepContent: expected true in a chat, for its steps are those of the answers');
    }
    const { interactionId } = this.#state;
    return {
      ...this.#options,
      ...options,
      ...(this.#isStored && interactionId !== undefined ? { previousInteractionId: interactionId } : {}),
    };
  }

  #begin<Stream>(input: InteractionInput, start: (input: InteractionInput, onOutcome: OnOutcome) => Stream): Stream {
    if (this.#isBusy) throw new GeminiError('chat-busy', 'another turn of this chat is running: wait for its outcome');
    const before = this.#state;
    const message = withResults(input, before.openCalls);
    const sent = this.#isStored ? message : [...before.steps, ...inputSteps(message)];
    this.#isBusy = true;
    try {
      return start(sent, (outcome) => {
        this.#isBusy = false;
        if (outcome.status === 'completed') this.#state = this.#keep(before, message, outcome);
      });
    } catch (error) {
      this.#isBusy = false;
      throw error;
    }
  }

  #keep(before: ChatState, message: InteractionInput, { interactionId, steps = [] }: StreamOutcome): ChatState {
    const kept = plainCopy([...steps], 'steps');
    const openCalls = openIn(kept);
    if (this.#isStored) return { interactionId: interactionId ?? before.interactionId, steps: [], openCalls };
    return { interactionId: undefined, steps: [...before.steps, ...inputSteps(message), ...kept], openCalls };
  }
}

/** Returns the calls after which no result follows. */
function openIn(steps: readonly InteractionStep[]): InteractionStep[] {
  const answered = new Set(steps.flatMap(resultIds));
  return steps.filter(({ type, id }) => type === 'function_call' && !answered.has(id));
}

function resultIds({ type, call_id: id, content = [] }: InteractionStep): (string | undefined)[] {
  if (type === 'function_result') return [id];
  return content.flatMap((item) => (item.type === 'function_result' ? item.call_id : []));
}

/**
 * Adds a result for each open call that a message does not answer, if it answers none.
 * @throws TypeError for a message that answers some of them
 */
function withResults(input: InteractionInput, open: readonly InteractionStep[]): InteractionInput {
  if (open.length === 0) return input;
  const given = inputSteps(input);
  const answered = new Set(given.flatMap(resultIds));
  const missing = open.filter(({ id }) => !answered.has(id));
  if (missing.length === 0) return input;
  if (answered.size > 0) {
    const names = missing.map(({ name }) => name).join(', ');
    throw new TypeError(`input: expected the function_result of each open call, got none of ${names}`);
  }
  const result = { error: 'the call was not answered: the user sent another message' };
  const abandoned = missing.map(({ id, name }): InteractionStep => ({
    type: 'function_result',
    ...(id === undefined ? {} : { call_id: id }),
    ...(name === undefined ? {} : { name }),
    result,
    is_error: true,
  }));
  return [...abandoned, ...given];
}
