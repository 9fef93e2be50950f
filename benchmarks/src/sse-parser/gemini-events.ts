const encoder = new TextEncoder();

/** A response as a server would send it, and where the payloads are in it. */
export interface Wire {
  readonly bytes: Uint8Array;
  readonly events: number;
  /** Start and end of each payload, without `data: ` and line ends. */
  readonly payloads: readonly (readonly [start: number, end: number])[];
}

export type Script = 'ascii' | 'wide';

const phrases: Readonly<Record<Script, string>> = {
  ascii: 'The river ran past the mill and the old stone bridge. ',
  wide: 'Река текла мимо мельницы; 川は水車小屋のそばを流れ。 ',
};

const eventBytes = 645;
const prefixBytes = 'data: '.length;
const lineEnds = '\r\n\r\n';

const makePayload = (index: number, text: string): string =>
  JSON.stringify({
    candidates: [{ content: { parts: [{ text }], role: 'model' }, index: 0 }],
    usageMetadata: {
      promptTokenCount: 12,
      candidatesTokenCount: index,
      totalTokenCount: 12 + index,
      promptTokensDetails: [{ modality: 'TEXT', tokenCount: 12 }],
    },
    modelVersion: 'gemini-flash-latest',
    responseId: 'a7Qx2kPdM5v9rTzL',
  });

/** A payload that makes an event of about 645 bytes, the size of a usual chunk of Gemini's. */
const makeUsualPayload = (index: number, script: Script): string => {
  const frame = encoder.encode(makePayload(index, '')).length + prefixBytes + lineEnds.length;
  const phrase = phrases[script];
  const phraseBytes = encoder.encode(phrase).length;
  return makePayload(index, phrase.repeat(Math.floor((eventBytes - frame) / phraseBytes)));
};

const joinPayloads = (payloads: readonly string[]): Wire => {
  const bytes = encoder.encode(payloads.map((payload) => `data: ${payload}${lineEnds}`).join(''));
  const borders: [number, number][] = [];
  let start = prefixBytes;
  for (const payload of payloads) {
    const end = start + encoder.encode(payload).length;
    borders.push([start, end]);
    start = end + lineEnds.length + prefixBytes;
  }
  return { bytes, events: payloads.length, payloads: borders };
};

/** A stream of as many events of the Interactions API, each of about the same size, with ids. */
export const makeInteractionWire = (events: number, script: Script): Wire => {
  const interaction = { id: 'v1_a7Qx2kPdM5v9rTzL', object: 'interaction', model: 'gemini-flash-latest' };
  const phrase = phrases[script];
  const payloads = Array.from({ length: events }, (_, index) => {
    const payload = (text: string): string =>
      JSON.stringify({ event_type: 'step.delta', index: 0, delta: { type: 'text', text }, event_id: `e_${index}` });
    const frame = encoder.encode(payload('')).length + prefixBytes + lineEnds.length;
    return payload(phrase.repeat(Math.floor((eventBytes - frame) / encoder.encode(phrase).length)));
  });
  return joinPayloads([
    JSON.stringify({ event_type: 'interaction.created', interaction: { ...interaction, status: 'in_progress' } }),
    JSON.stringify({ event_type: 'step.start', index: 0, step: { type: 'model_output' } }),
    ...payloads,
    JSON.stringify({ event_type: 'step.stop', index: 0 }),
    JSON.stringify({ event_type: 'interaction.completed', interaction: { ...interaction, status: 'completed' } }),
  ]);
};

/** A stream of usual events. */
export const makeTextWire = (events: number, script: Script): Wire =>
  joinPayloads(Array.from({ length: events }, (_, index) => makeUsualPayload(index, script)));

/** A single event with an image of about so many bytes in it. */
export const makeImageWire = (imageBytes: number): Wire => {
  const data = 'iVBORw0KGgoAAAANSUhEUgAA'.repeat(Math.ceil(imageBytes / 24));
  const part = { inlineData: { mimeType: 'image/png', data } };
  const candidate = { content: { parts: [part], role: 'model' }, finishReason: 'STOP', index: 0 };
  return joinPayloads([JSON.stringify({ candidates: [candidate] })]);
};

/** The wire in chunks of one size, each with memory of its own, as a socket gives them. */
export const cutEvery = ({ bytes }: Wire, chunkBytes: number): Uint8Array[] => {
  const chunks: Uint8Array[] = [];
  for (let start = 0; start < bytes.length; start += chunkBytes) chunks.push(bytes.slice(start, start + chunkBytes));
  return chunks;
};

/** The wire in one chunk for each event. */
export const cutByEvent = ({ bytes, payloads }: Wire): Uint8Array[] =>
  payloads.map(([start, end]) => bytes.slice(start - prefixBytes, end + lineEnds.length));
