import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { createContext, SourceTextModule } from 'node:vm';

/**
 * Run with `--experimental-vm-modules`: runs the package in a context that has the language, the web's globals, and
 * nothing else, and prints what came of it as JSON. Only the package's own files and eventsource-parser can be imported.
 */
const { TextDecoder, TextEncoder, ReadableStream, TransformStream, AbortController } = globalThis;
const context = createContext({ TextDecoder, TextEncoder, ReadableStream, TransformStream, AbortController });

const modules = new Map<string, SourceTextModule>();

const load = (url: string): SourceTextModule => {
  const known = modules.get(url);
  if (known) return known;
  const text = readFileSync(new URL(url), 'utf8');
  const source = url.endsWith('.ts') ? stripTypeScriptTypes(text) : text;
  const module = new SourceTextModule(source, { context, identifier: url });
  modules.set(url, module);
  return module;
};

const resolve = (specifier: string, parent: string): string => {
  if (specifier.startsWith('./') || specifier.startsWith('../')) return new URL(specifier, parent).href;
  if (specifier === 'eventsource-parser') return import.meta.resolve(specifier);
  throw new Error(`${parent} imports ${specifier}.`);
};

const program = `
  import { createSseParser, encodeSse, parseSse, SseError, SseParserStream } from '../src/index.ts';
  import { checkSplitInvariance } from '../src/testing.ts';

  const wire = new Uint8Array(new TextEncoder().encode(encodeSse({ event: 'e', id: '1', data: 'a 🧭' })));
  const open = () => new ReadableStream({
    start(controller) {
      for (const byte of wire) controller.enqueue(Uint8Array.of(byte));
      controller.close();
    },
  });

  const pushed = [];
  const parser = createSseParser({ onEvent: (event) => pushed.push(event) });
  parser.push(wire);
  parser.push(foreignBytes);
  const { pending } = parser.end();

  const iterated = [];
  for await (const event of parseSse(open(), { signal: new AbortController().signal })) iterated.push(event);

  const piped = [];
  const reader = open().pipeThrough(new SseParserStream()).getReader();
  for (let result = await reader.read(); !result.done; result = await reader.read()) piped.push(result.value);

  let code;
  try {
    createSseParser({ maxEventBytes: 5, onEvent() {} }).push(wire);
  } catch (error) {
    code = error instanceof SseError && error.code;
  }

  const { splits, difference } = checkSplitInvariance(wire);
  result = JSON.stringify({
    pushed, pending, iterated, piped, code, splits, difference: difference ?? null,
    hosts: [typeof process, typeof Buffer, typeof setTimeout, typeof require],
  });
`;

// Bytes of another realm, as a worker or a frame may hand them over.
Object.assign(context, { foreignBytes: new TextEncoder().encode('data: b\n\n'), result: undefined });
const main = new SourceTextModule(program, { context, identifier: import.meta.url });
await main.link((specifier, parent) => load(resolve(specifier, parent.identifier)));
await main.evaluate();
process.stdout.write(String(context['result']));
