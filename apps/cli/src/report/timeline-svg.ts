import type { MeasuredEvent, MeasuredRun } from '../measure/measured-run.ts';
import { counted, milliseconds } from '../measure/report-text.ts';
import { axisLabel, niceStepMs } from '../measure/timeline.ts';
import { type Markup, markup } from './markup.ts';

/** More marks than these are not drawn: they would overlap. */
const maxMarks = 1_000;
const sentY = 14;
const axisHeight = 40;

/** The measures of a picture: positions in time are percentages, the others pixels. */
interface Frame {
  readonly untilMs: number;
  /** The line of the arrivals. */
  readonly arrivedY: number;
  readonly height: number;
  /** The largest payload, in bytes. */
  readonly largest: number;
  readonly largestRadius: number;
}

/**
 * Returns the picture of one run: for each event a mark at the time of its sending, if that is known, a mark at its
 * arrival, as large as its payload, and a line between them. Positions are percentages and sizes pixels, so that the
 * picture fits any width with its letters unchanged.
 */
export function timelineSvg(run: MeasuredRun, untilMs: number): Markup {
  const events = run.events.slice(0, maxMarks);
  const isSentKnown = events.some(({ sentMs }) => sentMs !== undefined);
  const arrivedY = isSentKnown ? 74 : 30;
  const largest = Math.max(1, ...events.map(({ bytes }) => bytes));
  // Many marks are smaller, or they would overlap.
  const largestRadius = Math.min(8, Math.max(3, 240 / events.length));
  const frame: Frame = { untilMs, arrivedY, height: arrivedY + axisHeight, largest, largestRadius };
  return markup`<svg class="timeline" width="100%" height="${frame.height}" role="img" aria-label="${describe(run)}">
${axis(frame)}
${waiting(events, frame)}
${isSentKnown ? sentMarks(events, frame) : markup``}
<text class="row" x="-12" y="${arrivedY + 4}">arrived</text>
${events.map((event, index) => arrivedMark(event, index, frame))}
${crowd(events, frame)}
</svg>`;
}

function share(ms: number, { untilMs }: Frame): number {
  return untilMs <= 0 ? 0 : Math.min(100, Math.max(0, (ms / untilMs) * 100));
}

function place(ms: number, frame: Frame): string {
  return `${share(ms, frame).toFixed(3)}%`;
}

function sentMarks(events: readonly MeasuredEvent[], frame: Frame): Markup {
  const ways = events.flatMap(({ sentMs, arrivedMs }) =>
    sentMs === undefined ? [] : [{ from: place(sentMs, frame), to: place(arrivedMs, frame) }],
  );
  const sentRadius = Math.min(3.5, frame.largestRadius * 0.6);
  return markup`<text class="row" x="-12" y="${sentY + 4}">sent</text>
${ways.map(({ from, to }) => markup`<line class="way" x1="${from}" y1="${sentY}" x2="${to}" y2="${frame.arrivedY}" />`)}
${ways.map(({ from }) => markup`<circle class="sent" cx="${from}" cy="${sentY}" r="${sentRadius.toFixed(1)}" />`)}`;
}

function arrivedMark(event: MeasuredEvent, index: number, frame: Frame): Markup {
  const { sentMs, arrivedMs, bytes } = event;
  // The eye compares areas. A mark that is too small to see is drawn larger.
  const radius = Math.max(2, frame.largestRadius * Math.sqrt(bytes / frame.largest));
  const sent = sentMs === undefined ? '' : `sent after ${milliseconds(sentMs)}, `;
  const title = `event ${index + 1}: ${sent}arrived after ${milliseconds(arrivedMs)}, ${bytes} bytes`;
  const mark = markup`cx="${place(arrivedMs, frame)}" cy="${frame.arrivedY}" r="${radius.toFixed(1)}"`;
  return markup`<circle class="arrived" ${mark}><title>${title}</title></circle>`;
}

/** Returns the line of the wait before the first mark. */
function waiting([first]: readonly MeasuredEvent[], frame: Frame): Markup {
  if (first === undefined) return markup``;
  const { arrivedY } = frame;
  const width = share(first.arrivedMs, frame);
  const line = markup`<line class="waiting" x1="0" y1="${arrivedY}" x2="${place(first.arrivedMs, frame)}" y2="${arrivedY}" />`;
  if (width < 9) return line;
  const waitText = `${width > 40 ? 'nothing for ' : ''}${axisLabel(first.shownMs)}`;
  // A narrow screen has no room for a label above a short line.
  const style = `told middle${width < 20 ? ' wide' : ''}`;
  return markup`${line}
<text class="${style}" x="${place(first.arrivedMs * 0.42, frame)}" y="${arrivedY - 8}">${waitText}</text>`;
}

/** Returns the label of the events that overlap: their number. */
function crowd(events: readonly MeasuredEvent[], frame: Frame): Markup {
  const { count, atMs } = largestCrowd(events, frame.untilMs / 100);
  if (count < 3 || count < events.length / 2) return markup``;
  const [style, aside] = share(atMs, frame) > 50 ? ['told strong end', 6] : ['told strong', -6];
  const y = frame.arrivedY - 14;
  return markup`<text class="${style}" x="${place(atMs, frame)}" dx="${aside}" y="${y}">${count} at once</text>`;
}

/** Returns the most events that arrived within a time, and the arrival of the last of them. */
function largestCrowd(events: readonly MeasuredEvent[], withinMs: number): { count: number; atMs: number } {
  let crowded = { count: 0, atMs: 0 };
  let first = 0;
  for (const [last, { arrivedMs }] of events.entries()) {
    while (arrivedMs - (events[first]?.arrivedMs ?? arrivedMs) > withinMs) first += 1;
    const count = last - first + 1;
    if (count > crowded.count) crowded = { count, atMs: arrivedMs };
  }
  return crowded;
}

function axis(frame: Frame): Markup {
  const { untilMs, arrivedY, height } = frame;
  const stepMs = niceStepMs(untilMs, 6);
  const count = stepMs > 0 ? Math.floor(untilMs / stepMs) + 1 : 0;
  const ticks = Array.from({ length: count }, (_, index) => ({
    x: place(index * stepMs, frame),
    label: axisLabel(index * stepMs),
    // A narrow screen shows every other label.
    style: index % 2 === 0 ? 'tick' : 'tick odd',
  }));
  const baseY = arrivedY + 18;
  return markup`${ticks.map(({ x }) => markup`<line class="grid" x1="${x}" y1="0" x2="${x}" y2="${baseY}" />`)}
<line class="base" x1="0" y1="${baseY}" x2="100%" y2="${baseY}" />
${ticks.map(({ x, label, style }) => markup`<text class="${style}" x="${x}" y="${height - 4}">${label}</text>`)}`;
}

function describe({ events, endedMs }: MeasuredRun): string {
  const [first] = events;
  const last = events.at(-1);
  if (first === undefined || last === undefined) return 'no event arrived';
  const times = `the first arrived after ${milliseconds(first.arrivedMs)}, the last after ${milliseconds(last.arrivedMs)}`;
  return `${counted(events.length, 'event')}: ${times}; the stream ended after ${milliseconds(endedMs)}`;
}
