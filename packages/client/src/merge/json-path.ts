/** A step into an object by name, or into an array by place. */
export type PathSegment = string | number;

/** No arguments are deeper or longer than this, and no path to them: the expression below backtracks on long names. */
const maxDepth = 100;
const maxIndex = 100_000;
const maxPathLength = 10_000;

const segment = /\.([\p{L}\p{N}_-]+)|\[(\d+)\]|\[\s*'((?:[^'\\]|\\.)*)'\s*\]|\[\s*"((?:[^"\\]|\\.)*)"\s*\]/uy;

/**
 * Reads a JSONPath that names one place (RFC 9535: `$`, `.name`, `['name']`, `[0]`). `undefined` for one that names
 * none or several, for one that leads deeper than 100 steps or past the hundred-thousandth place, and for one of more
 * than 10,000 characters.
 */
export function parseJsonPath(path: string): readonly PathSegment[] | undefined {
  if (!path.startsWith('$') || path.length > maxPathLength) return undefined;
  const segments: PathSegment[] = [];
  segment.lastIndex = 1;
  while (segment.lastIndex < path.length) {
    const match = segment.exec(path);
    if (match === null || segments.length === maxDepth) return undefined;
    const [, name, index, single, double] = match;
    if (index !== undefined) {
      if (Number(index) > maxIndex) return undefined;
      segments.push(Number(index));
    } else segments.push(name ?? unescapeName(single ?? double ?? ''));
  }
  return segments;
}

const escapes: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

function unescapeName(name: string): string {
  return name.replaceAll(/\\(?:u([\dA-Fa-f]{4})|(.))/gu, (_all, code: string | undefined, character: string) =>
    code === undefined ? (escapes[character] ?? character) : String.fromCharCode(Number.parseInt(code, 16)),
  );
}
