import { once } from 'node:events';
import { createRequire } from 'node:module';

/**
 * A program that imports modules, one after the other, and writes as one line of JSON which of them changed something
 * in the process: run as `node import-hygiene-probe.mjs <fetch-first | import-first> <specifier or file URL>...`. It
 * ends by itself, unless an import left something open. With `import-first` no global has been read when a module is
 * imported, so that a change that affects the host's first `fetch` shows; with `fetch-first` everything that exists is
 * compared.
 *
 * JavaScript, and no static import of `node:http`: Node readies its own dispatcher when it strips the types of a first
 * TypeScript file, and when a program imports that module.
 */
const [, , order, ...specifiers] = process.argv;

/** Reading these makes Node warn about a missing `--localstorage-file`. */
const unread = new Set(['localStorage', 'sessionStorage']);

const isObject = (value) => (typeof value === 'object' && value !== null) || typeof value === 'function';

const identities = new Map();
const identityOf = (value) => {
  if (!isObject(value)) return String(value);
  if (!identities.has(value)) identities.set(value, identities.size);
  return `${typeof value} ${identities.get(value)}`;
};

const describeProperty = ({ value, get: reader, set: writer, ...flags }) =>
  [identityOf(value), identityOf(reader), identityOf(writer), JSON.stringify(flags)].join(' | ');

/** The global object, what hangs on it, and the prototypes of that: every property by identity and flags. */
function globals() {
  const seen = {};
  const describe = (owner, path, depth) => {
    for (const key of Reflect.ownKeys(owner)) {
      const at = `${path}.${String(key)}`;
      const descriptor = Object.getOwnPropertyDescriptor(owner, key);
      seen[at] = describeProperty(descriptor);
      const { value } = descriptor;
      if (isObject(value) && value !== globalThis && (depth > 0 || key === 'prototype')) describe(value, at, depth - 1);
    }
  };
  describe(globalThis, 'globalThis', 1);
  return seen;
}

/**
 * Names alone: many globals of Node put themselves in place when they are first read, which is nobody's doing. So does
 * Node's dispatcher, under the name that undici's index would take; there the file that takes it tells them apart.
 */
function globalNames() {
  const names = Reflect.ownKeys(globalThis).map(String);
  const loaded = Object.keys(createRequire(import.meta.url).cache);
  return {
    ...Object.fromEntries(
      names.filter((name) => !name.includes('undici.globalDispatcher')).map((name) => [`globalThis.${name}`, 'there']),
    ),
    'undici/lib/global.js': String(loaded.some((file) => /[\\/]undici[\\/]lib[\\/]global\.js$/.test(file))),
  };
}

function processState() {
  const listeners = process.eventNames().map((name) => [
    `process.on(${String(name)})`,
    // A listener that was swapped for another counts as well as one that was added.
    process.rawListeners(name).map(identityOf).join(', '),
  ]);
  return {
    ...Object.fromEntries(listeners),
    ...Object.fromEntries(Object.entries(process.env).map(([name, value]) => [`process.env.${name}`, String(value)])),
    'process.cwd()': process.cwd(),
    'process.exitCode': String(process.exitCode),
    'process.title': process.title,
    'process.umask()': String(process.umask()),
    'process.argv': JSON.stringify([process.argv, process.execArgv]),
    'process.hasUncaughtExceptionCaptureCallback()': String(process.hasUncaughtExceptionCaptureCallback()),
  };
}

/** The timers, sockets and other resources that keep the process alive: how many of each kind there are. */
function activeResources() {
  const counts = {};
  for (const kind of process.getActiveResourcesInfo()) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

/** Waits until a resource that is closed in the next turns of the event loop is closed. */
async function settle() {
  for (let turns = 0; turns < 5; turns += 1) await new Promise((resolve) => void setImmediate(resolve));
}

async function state() {
  await settle();
  return { ...(order === 'fetch-first' ? globals() : globalNames()), ...processState() };
}

/** The host's own `fetch`, with the header that a foreign dispatcher stumbles over. */
async function post(url) {
  try {
    const body = 'four';
    const response = await fetch(url, { method: 'POST', body, headers: { 'content-length': String(body.length) } });
    return await response.text();
  } catch (error) {
    return `${String(error)}; ${String(error.cause)}`;
  }
}

const server = process.getBuiltinModule('node:http').createServer((request, response) => {
  // No socket of a request stays open while the states are compared.
  response.setHeader('connection', 'close');
  request.pipe(response);
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const url = `http://127.0.0.1:${server.address().port}/`;

// Node opens these when something reads them, as importing `node:util` does.
void [process.stdout, process.stderr];

const echoes = [];
if (order === 'fetch-first') {
  for (const key of Reflect.ownKeys(globalThis)) if (!unread.has(key)) Reflect.get(globalThis, key);
  echoes.push(await post(url));
}

// The sockets of the probe's own request close at a time that depends on the machine.
while (process.getActiveResourcesInfo().includes('TCPSocketWrap')) await settle();

const changed = {};
for (const specifier of specifiers) {
  const before = await state();
  const resourcesBefore = activeResources();
  await import(specifier);
  const after = await state();
  const resourcesAfter = activeResources();
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const added = Object.keys(resourcesAfter).filter((kind) => resourcesAfter[kind] > (resourcesBefore[kind] ?? 0));
  const changes = [...keys.filter((key) => before[key] !== after[key]), ...added.map((kind) => `active ${kind}`)];
  if (changes.length > 0) changed[specifier] = changes;
}
echoes.push(await post(url));
server.closeAllConnections();
server.close();
process.stdout.write(`${JSON.stringify({ changed, echoes })}\n`);
