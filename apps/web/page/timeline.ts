/** A piece of text on its way. Times are milliseconds since 1970. */
export interface TimelineEvent {
  readonly position: string;
  /** The page read it. */
  readonly readAt: number;
  /** It was on screen. */
  shownAt: number | undefined;
}

const lanes = ['server', 'page', 'screen'] as const;
const [height, left] = [144, 64];
const namespace = 'http://www.w3.org/2000/svg';

/**
 * Draws each piece as a line through three lanes: the moments at which it reached the server, the page and the screen. A
 * line that stands upright lost no time; pieces that wait for each other come out of one point.
 */
export function drawTimeline(
  place: HTMLElement,
  events: readonly TimelineEvent[],
  serverTimes: Readonly<Record<string, number>>,
): void {
  const paths = events.flatMap(({ position, readAt, shownAt }) => {
    const servedAt = serverTimes[position];
    return servedAt === undefined || shownAt === undefined ? [] : [[servedAt, readAt, shownAt] as const];
  });
  const [first] = paths;
  if (first === undefined) return place.replaceChildren();
  const begin = Math.min(...paths.map(([servedAt]) => servedAt));
  const end = Math.max(...paths.map(([, , shownAt]) => shownAt), begin + 1);
  // In its own pixels, so that the names of the lanes keep their shape.
  const width = Math.max(280, place.clientWidth);
  const x = (at: number): string => String(Math.round(left + ((at - begin) * (width - left - 16)) / (end - begin)));
  const y = (lane: number): number => 28 + lane * 46;

  const svg = make('svg', { viewBox: `0 0 ${width} ${height}`, role: 'img' });
  const summary = `${paths.length} pieces of text over ${end - begin} ms, from the server to the screen`;
  svg.setAttribute('aria-label', summary);
  for (const [lane, name] of lanes.entries()) {
    const label = make('text', { x: '8', y: String(y(lane) + 4) });
    label.textContent = name;
    svg.append(label);
  }
  for (const times of paths) {
    for (const lane of [0, 1]) {
      const [from, to] = [times[lane] ?? begin, times[lane + 1] ?? begin];
      svg.append(make('line', { x1: x(from), y1: String(y(lane)), x2: x(to), y2: String(y(lane + 1)) }));
    }
  }
  place.replaceChildren(svg);
}

function make(name: string, attributes: Readonly<Record<string, string>>): SVGElement {
  const made = document.createElementNS(namespace, name);
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
  return made;
}
