/** One event of a wire, before it is written. */
export interface Frame {
  readonly name?: string | undefined;
  readonly data: string;
  /** The piece of the answer in it. */
  readonly piece?: string | undefined;
}

/** A wire whose answers a test can write. */
export interface ModelWire {
  readonly name: 'openai' | 'anthropic';
  readonly path: string;
  /** The events of a whole answer. */
  readonly frames: readonly Frame[];
  /** An error as an event. */
  errorFrame(type: string, message: string): Frame;
  /** An error as the body of a response. */
  errorBody(type: string, message: string): string;
}

/** The answer of every case, with characters of several bytes. */
export const pieces: readonly string[] = ['The tide ', 'rises — ', 'und fällt, ', '潮の満ち引き ', 'is done 🌊.'];

const json = (value: object): string => JSON.stringify(value);

const openAiChunk = (delta: object, finish: string | null = null, more: object = {}): string =>
  json({
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1_760_000_000,
    model: 'gpt-test',
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
    ...more,
  });

const usage = { prompt_tokens: 3, completion_tokens: 5, total_tokens: 8 };

/** Chat completions. */
export const openAiWire: ModelWire = {
  name: 'openai',
  path: '/v1/chat/completions',
  frames: [
    { data: openAiChunk({ role: 'assistant', content: '' }) },
    ...pieces.map((piece) => ({ data: openAiChunk({ content: piece }), piece })),
    { data: openAiChunk({}, 'stop') },
    { data: json({ id: 'chatcmpl-1', object: 'chat.completion.chunk', model: 'gpt-test', choices: [], usage }) },
    { data: '[DONE]' },
  ],
  errorFrame: (type, message) => ({ data: json({ error: { message, type, param: null, code: null } }) }),
  errorBody: (type, message) => json({ error: { message, type, param: null, code: null } }),
};

const anthropicFrame = (type: string, more: object = {}, piece?: string): Frame => ({
  name: type,
  data: json({ type, ...more }),
  piece,
});

/** Messages. */
export const anthropicWire: ModelWire = {
  name: 'anthropic',
  path: '/v1/messages',
  frames: [
    anthropicFrame('message_start', {
      message: {
        id: 'msg_1',
        type: 'message',
        role: 'assistant',
        content: [],
        usage: { input_tokens: 3, output_tokens: 1 },
      },
    }),
    anthropicFrame('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
    anthropicFrame('ping'),
    ...pieces.map((piece) =>
      anthropicFrame('content_block_delta', { index: 0, delta: { type: 'text_delta', text: piece } }, piece),
    ),
    anthropicFrame('content_block_stop', { index: 0 }),
    anthropicFrame('message_delta', {
      delta: { stop_reason: 'end_turn', stop_sequence: null },
      usage: { output_tokens: 5 },
    }),
    anthropicFrame('message_stop'),
  ],
  errorFrame: (type, message) => ({ name: 'error', data: json({ type: 'error', error: { type, message } }) }),
  errorBody: (type, message) => json({ type: 'error', error: { type, message } }),
};

/** Writes an event as a server does. */
export function frameText({ name, data }: Frame): string {
  return `${name === undefined ? '' : `event: ${name}\n`}data: ${data}\n\n`;
}

/** Returns the events up to the piece of this number, which is left out; all for `Infinity`. */
export function framesBefore(wire: ModelWire, piece: number): readonly Frame[] {
  const at = wire.frames.findIndex((frame) => frame.piece !== undefined && frame.piece === pieces[piece]);
  return at === -1 ? wire.frames : wire.frames.slice(0, at);
}
