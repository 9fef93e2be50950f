import type { Emulator } from '../src/index.ts';

/** An event of an interaction, with the fields that tests read. */
export interface InteractionEvent {
  readonly event_type: string;
  readonly event_id?: string;
  readonly index?: number;
  readonly status?: string;
  readonly continuation_token?: string;
  readonly interaction?: Interaction;
  readonly step?: Step;
  readonly delta?: {
    readonly type: string;
    readonly text?: string;
    readonly arguments?: string;
    readonly content?: { text: string };
  };
  readonly usage?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly message: string; readonly code: string };
}

export interface Step {
  readonly type: string;
  readonly id?: string;
  readonly call_id?: string;
  readonly name?: string;
  readonly arguments?: Readonly<Record<string, unknown>>;
  readonly content?: readonly {
    readonly type: string;
    readonly text?: string;
    readonly annotations?: unknown[];
    readonly [field: string]: unknown;
  }[];
  readonly [field: string]: unknown;
}

export interface Interaction {
  readonly id?: string;
  readonly status: string;
  readonly steps?: readonly Step[];
  readonly usage?: Readonly<Record<string, number>>;
  readonly continuation_token?: string;
  readonly [field: string]: unknown;
}

export const model = 'gemini-flash-latest';

/** Sends a request to the Interactions API. `path` follows `/v1beta/interactions`. */
export function send(
  emulator: Emulator,
  body: object | undefined,
  {
    path = '',
    method = 'POST',
    headers = {},
  }: { path?: string; method?: string; headers?: Record<string, string> } = {},
): Promise<Response> {
  return fetch(`${emulator.url}/v1beta/interactions${path}`, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

export async function create(emulator: Emulator, body: object): Promise<Interaction> {
  return (await (await send(emulator, { model, ...body })).json()) as Interaction;
}

export async function get(emulator: Emulator, id: string | undefined, query = ''): Promise<Interaction> {
  return (await (await send(emulator, undefined, { path: `/${id}${query}`, method: 'GET' })).json()) as Interaction;
}

/** Streams an interaction, and returns its events without the end marker. */
export async function stream(emulator: Emulator, body: object): Promise<InteractionEvent[]> {
  return readEvents(await (await send(emulator, { model, stream: true, ...body })).text());
}

/** Parses the events of a stream, whatever its line ends. An event that is not whole is left out. */
export function readEvents(body: string): InteractionEvent[] {
  const blocks = body.split(/\r?\n\r?\n/u).slice(0, -1);
  const payloads = blocks.flatMap((block) => /^data: (?!\[DONE\])(.*)$/mu.exec(block)?.[1] ?? []);
  return payloads.map((payload) => JSON.parse(payload) as InteractionEvent);
}

/** Returns the answer text of some events, or of an interaction. */
export function textOf(events: readonly InteractionEvent[]): string {
  return events.map(({ delta }) => (delta?.type === 'text' ? delta.text : '')).join('');
}

export function stepText({ steps = [] }: Interaction): string {
  const contents = steps.filter(({ type }) => type === 'model_output').flatMap(({ content = [] }) => content);
  return contents.map(({ text = '' }) => text).join('');
}

export function typesOf(events: readonly InteractionEvent[]): string[] {
  return events.map(({ event_type: type }) => type);
}

/** The interaction that the last event has. */
export function lastOf(events: readonly InteractionEvent[]): Interaction | undefined {
  return events.findLast(({ event_type: type }) => type === 'interaction.completed')?.interaction;
}
