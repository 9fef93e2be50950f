import { followStream } from '@gemini/browser';
import type { StreamFacts } from './facts.ts';
import { drawTimeline, type TimelineEvent } from './timeline.ts';

const [form, prompt] = [element('ask') as HTMLFormElement, element('prompt') as HTMLTextAreaElement];
const [stop, cut] = [element('stop') as HTMLButtonElement, element('cut') as HTMLButtonElement];
const [live, buffered] = [element('live'), element('buffered')];
const second = element('second') as HTMLAnchorElement;

/** An event that the server names for this page; others are left out. */
type NamedEvent =
  | { readonly type: 'text-delta' | 'thought-delta'; readonly text: string; readonly candidate: number }
  | { readonly type: 'discard' | 'gap' }
  | { readonly type: 'function-call-end'; readonly call: Call }
  | { readonly type: 'tool-result'; readonly call: Call; readonly response: object };

interface Call {
  readonly id?: string;
  readonly name?: string;
  readonly args?: object;
}

/** A named event, with its position and the moment in which the page read it. */
type PageEvent = NamedEvent & { readonly id?: string | undefined; readonly readAt: number };

let current: AbortController | undefined;

form.addEventListener('submit', (submitted) => {
  submitted.preventDefault();
  void ask();
});
// Enter asks, Shift+Enter is a new line.
prompt.addEventListener('keydown', (pressed) => {
  if (pressed.key !== 'Enter' || pressed.shiftKey || pressed.isComposing) return;
  pressed.preventDefault();
  form.requestSubmit();
});
window.addEventListener('hashchange', followAddress);
followAddress();

async function ask(): Promise<void> {
  const id = crypto.randomUUID();
  const response = await fetch(`/streams/${id}`, { method: 'PUT', body: prompt.value }).catch(() => undefined);
  if (response?.ok !== true) return say(`The server answered ${response?.status ?? 'nothing'}.`);
  location.hash = id;
}

/** The address names the stream: a second tab follows the same one. */
function followAddress(): void {
  const id = location.hash.slice(1);
  if (id === '') return;
  current?.abort();
  current = new AbortController();
  void follow(id, current.signal);
}

async function follow(id: string, signal: AbortSignal): Promise<void> {
  const address = `/streams/${encodeURIComponent(id)}`;
  const begunAt = Date.now();
  const seconds = (): string => `${((Date.now() - begunAt) / 1_000).toFixed(1)} s`;
  const events: TimelineEvent[] = [];
  const calls = new Map<string, HTMLElement>();
  clear();
  second.href = `#${id}`;
  second.hidden = false;
  const stream = followStream<PageEvent>(address, {
    signal,
    reconnect: { baseDelayMs: 250 },
    decode: ({ data, id: position }) => ({ ...(JSON.parse(data) as NamedEvent), id: position, readAt: Date.now() }),
    onStatus: (status) => !signal.aborted && say(sentences[status]),
  });
  stop.disabled = false;
  cut.disabled = false;
  stop.addEventListener('click', () => void stream.stop().catch(() => say('The stop did not reach the server.')), {
    signal,
  });
  cut.addEventListener('click', () => void fetch(`${address}/cut`, { method: 'POST' }), { signal });
  try {
    for await (const event of stream) show(event);
  } catch {
    // The outcome has the reason.
  }
  const outcome = await stream.outcome;
  if (signal.aborted) return;
  [stop.disabled, cut.disabled] = [true, true];
  live.setAttribute('aria-busy', 'false');
  // A client that buffers gets it now.
  buffered.textContent = outcome.text;
  element('buffered-time').textContent = `first text after ${seconds()}`;
  const reason = outcome.error === undefined ? '' : `: ${outcome.error.reason ?? outcome.error.code}`;
  say(`${sentences[outcome.status]}${reason}`);
  await showFacts(address, events, outcome.reconnects);

  function show(event: PageEvent): void {
    if (event.type === 'text-delta' && event.candidate === 0) {
      if (events.length === 0) element('live-time').textContent = `first text after ${seconds()}`;
      live.append(event.text);
      const timed: TimelineEvent = { position: event.id ?? '', readAt: event.readAt, shownAt: undefined };
      events.push(timed);
      requestAnimationFrame(() => (timed.shownAt = Date.now()));
    } else if (event.type === 'discard') {
      live.replaceChildren();
    } else if (event.type === 'thought-delta') {
      element('thoughts').append(event.text);
      element('thoughts-box').hidden = false;
    } else if (event.type === 'function-call-end') {
      const item = document.createElement('li');
      item.textContent = `${event.call.name ?? ''}(${JSON.stringify(event.call.args ?? {})})`;
      element('calls').append(item);
      element('calls-box').hidden = false;
      calls.set(event.call.id ?? event.call.name ?? '', item);
    } else if (event.type === 'tool-result') {
      const item = calls.get(event.call.id ?? event.call.name ?? '');
      if (item !== undefined) item.textContent += ` → ${JSON.stringify(event.response)}`;
    }
  }
}

async function showFacts(address: string, events: readonly TimelineEvent[], reconnects: number): Promise<void> {
  const response = await fetch(`${address}/facts`).catch(() => undefined);
  if (response?.ok !== true) return;
  const facts = (await response.json()) as StreamFacts;
  drawTimeline(element('timeline'), events, facts.times);
  const delays = events
    .flatMap(({ position, shownAt }) => (shownAt === undefined ? [] : shownAt - (facts.times[position] ?? Number.NaN)))
    .filter((delay) => delay >= 0)
    .toSorted((one, other) => one - other);
  const { firstTextAt, lastTextAt, outputTokens, verdict, model } = facts;
  const spanMs = (lastTextAt ?? 0) - (firstTextAt ?? 0);
  const rate = outputTokens === undefined || spanMs < 1 ? undefined : Math.round((outputTokens * 1_000) / spanMs);
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['Delivery', verdict.cause === undefined ? verdict.kind : `${verdict.kind}: ${verdict.cause}`],
    ['Server to screen', delays.length === 0 ? undefined : `${delays[delays.length >> 1]} ms (median)`],
    ['Tokens a second', rate === undefined ? undefined : String(rate)],
    ['Connections lost', String(reconnects)],
    ['Model', model],
  ];
  for (const [name, value] of rows) {
    if (value === undefined) continue;
    const row = document.createElement('div');
    for (const [tag, content] of [
      ['dt', name],
      ['dd', value],
    ] as const) {
      const cell = document.createElement(tag);
      cell.textContent = content;
      row.append(cell);
    }
    element('facts').append(row);
  }
}

function element(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new TypeError(`The page has no element "${id}".`);
  return found;
}

function clear(): void {
  for (const id of ['live', 'buffered', 'live-time', 'buffered-time', 'thoughts', 'calls', 'timeline', 'facts']) {
    element(id).replaceChildren();
  }
  element('thoughts-box').hidden = true;
  element('calls-box').hidden = true;
  live.setAttribute('aria-busy', 'true');
}

const sentences: Readonly<Record<string, string>> = {
  connecting: 'Connecting…',
  streaming: 'The answer arrives…',
  waiting: 'The connection was lost: asking again, after the last text…',
  completed: 'The answer is complete.',
  blocked: 'The answer was blocked',
  truncated: 'The answer was cut off',
  failed: 'The answer failed',
  stopped: 'The answer was stopped',
  lost: 'The answer cannot be followed any more',
  left: '',
  unknown: 'The answer has ended.',
};

function say(sentence: string | undefined): void {
  element('status').textContent = sentence ?? '';
}
