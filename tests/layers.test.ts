import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { importsOf, packageOf, reachableFrom, sourceFiles } from './source-imports.ts';
import { publishedPackages, root } from './workspace-packages.ts';

/** The allowed dependencies of each published package: ours point one way, and each foreign package has one home. */
const layers: Readonly<Record<string, readonly string[]>> = {
  '@gemini/sse-parser': ['eventsource-parser'],
  '@gemini/http-streaming': ['@gemini/sse-parser', 'undici'],
  '@gemini/stream-manager': ['@gemini/sse-parser'],
  '@gemini/client': ['@gemini/http-streaming', '@gemini/stream-manager', 'zod'],
  '@gemini/emulator': [],
  '@gemini/fetch': ['@gemini/client', '@gemini/http-streaming'],
  '@gemini/stream-log-redis': ['@gemini/stream-manager'],
  '@gemini/browser': [],
  '@gemini/ai-sdk': ['@gemini/browser', '@gemini/client', '@gemini/fetch', '@gemini/stream-manager'],
  '@gemini/opentelemetry': ['@gemini/client', '@gemini/stream-manager'],
  '@gemini/cli': [
    '@bomb.sh/tab',
    '@gemini/client',
    '@gemini/emulator',
    '@gemini/http-streaming',
    'markdansi',
    'marked',
    'string-width',
    'wrap-ansi',
  ],
};

/**
 * Peers that a package cannot do without. They are no dependencies, because a program must have one copy of them: spans of
 * one copy of OpenTelemetry's API are invisible to another.
 */
const requiredPeers: Readonly<Record<string, readonly string[]>> = {
  '@gemini/opentelemetry': ['@opentelemetry/api'],
};

/** Optional peers: imported only by the features that need them. */
const optionalPeers: Readonly<Record<string, readonly string[]>> = {
  '@gemini/ai-sdk': ['ai'],
  '@gemini/browser': ['react'],
  '@gemini/client': ['google-auth-library'],
  '@gemini/emulator': ['vitest'],
  '@gemini/stream-log-redis': ['redis'],
};

const members = publishedPackages();
const bareImportsOf = (folder: string) =>
  sourceFiles(`${folder}/src`)
    .flatMap(importsOf)
    .filter(({ specifier }) => !specifier.startsWith('.'));

describe('the layers', () => {
  it('are exactly the published packages', () => {
    expect(members.map(({ manifest }) => manifest.name).toSorted()).toEqual(Object.keys(layers).toSorted());
  });

  it.for(members)('$manifest.name depends on what its layer may depend on', ({ manifest }) => {
    expect(Object.keys(manifest.dependencies ?? {}).toSorted()).toEqual(layers[manifest.name]?.toSorted());
    expect(manifest.optionalDependencies).toBeUndefined();
  });

  it.for(members)('$manifest.name has the peers of the list, and says which are optional', ({ manifest }) => {
    const { [manifest.name]: optional = [] } = optionalPeers;
    const { [manifest.name]: required = [] } = requiredPeers;
    expect(Object.keys(manifest.peerDependencies ?? {})).toEqual([...optional, ...required]);
    expect(Object.keys(manifest.peerDependenciesMeta ?? {})).toEqual(optional);
    for (const peer of optional) expect(manifest.peerDependenciesMeta?.[peer]).toEqual({ optional: true });
  });

  it.for(members)('$manifest.name imports only what it declares, and builtins by their prefix', (member) => {
    const { dependencies, peerDependencies } = member.manifest;
    const declared = new Set(Object.keys({ ...dependencies, ...peerDependencies }));
    const undeclared = bareImportsOf(member.folder).filter(
      ({ specifier }) => !specifier.startsWith('node:') && !declared.has(packageOf(specifier)),
    );
    expect(undeclared).toEqual([]);
  });

  it.for(members)('$manifest.name reaches its own files only, by their names with extension', ({ folder }) => {
    const files = sourceFiles(`${folder}/src`);
    expect(files).not.toEqual([]);
    const present = new Set(files);
    const relative = files.flatMap(importsOf).filter(({ specifier }) => specifier.startsWith('.'));
    const astray = relative.filter(({ file, specifier }) => !present.has(join(file, '..', specifier)));
    expect(astray).toEqual([]);
  });

  it.for(members)('$manifest.name has no two folders that import each other', ({ folder }) => {
    // The folder directly below `src`. Files of `src` itself are above the folders or below them, so they do not count.
    const folderOf = (file: string): string => /^src\/([^/]+)\//.exec(file.slice(folder.length + 1))?.[1] ?? '';
    const directions = sourceFiles(`${folder}/src`)
      .flatMap(importsOf)
      .filter(({ specifier }) => specifier.startsWith('.'))
      .map(({ file, specifier }) => [folderOf(file), folderOf(join(file, '..', specifier))] as const)
      .filter(([from, to]) => from !== to && from !== '' && to !== '');
    const present = new Set(directions.map(([from, to]) => `${from} imports ${to}`));
    const mutual = directions.filter(([from, to]) => present.has(`${to} imports ${from}`));
    expect([...new Set(mutual.map(([from, to]) => `${from} imports ${to}`))]).toEqual([]);
  });

  it('keep the folders of the client in layers', () => {
    const source = 'packages/client/src';
    const floors = ['wire', 'request', 'merge', 'answer', 'stream', 'objects', 'tools', 'mcp', 'interactions', 'chat'];
    const folders = readdirSync(join(root, source), { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(folders.map(({ name }) => name).toSorted()).toEqual(floors.toSorted());
    const importsAbove = (files: readonly string[], above: readonly string[]) =>
      files.flatMap(importsOf).filter(({ specifier }) => above.some((floor) => specifier.includes(`/${floor}/`)));
    const upwards = floors.flatMap((floor, index) =>
      importsAbove(sourceFiles(`${source}/${floor}`), floors.slice(index + 1)),
    );
    const bottom = ['errors', 'options', 'types'].map((name) => `${source}/${name}.ts`);
    expect([...upwards, ...importsAbove(bottom, ['chat', 'tools', 'objects'])]).toEqual([]);
  });

  it('keep the parser free of Node', () => {
    const builtins = bareImportsOf('packages/sse-parser').filter(({ specifier }) => specifier.startsWith('node:'));
    expect(builtins).toEqual([]);
  });

  it('keep the core of the manager free of the parser', () => {
    const source = 'packages/stream-manager/src';
    const readers = sourceFiles(source).filter((file) =>
      importsOf(file).some(({ specifier }) => packageOf(specifier) === '@gemini/sse-parser'),
    );
    const core = reachableFrom(`${source}/index.ts`);
    const wire = reachableFrom(`${source}/sse.ts`);
    expect(readers.filter((file) => core.has(file))).toEqual([]);
    expect(readers.filter((file) => !wire.has(file))).toEqual([]);
  });

  it('keep the wire rules of the client free of its streams', () => {
    const rules = [...reachableFrom('packages/client/src/wire.ts')];
    const readers = rules.filter((file) =>
      /^(?:import|export)(?! type\b)[^;]*?from '(?:zod|@gemini\/stream-manager)/m.test(
        readFileSync(join(root, file), 'utf8'),
      ),
    );
    expect(readers).toEqual([]);
    expect(bareImportsOf('packages/fetch').map(({ specifier }) => specifier)).not.toContain('@gemini/client');
  });

  it('import only the modules of undici without side effects', () => {
    // Its index replaces the process's global dispatcher; its types are erased.
    const values = sourceFiles('packages/http-streaming/src').filter((file) =>
      /^(?:import(?! type\b)|export(?! type\b))[^;]*?from ['"]undici['"]|import\(['"]undici['"]\)|import ['"]undici['"]/m.test(
        readFileSync(join(root, file), 'utf8'),
      ),
    );
    expect(values).toEqual([]);
  });
});

describe('a source', () => {
  const sources = members.flatMap(({ folder }) => sourceFiles(`${folder}/src`));
  const linesOf = (file: string): string[] => readFileSync(join(root, file), 'utf8').trimEnd().split('\n');

  it('names what it exports', () => {
    expect(sources.filter((file) => linesOf(file).some((line) => line.startsWith('export *')))).toEqual([]);
  });

  it('has a name that states its concept', () => {
    expect(sources.filter((file) => /\/(?:utils?|helpers?|common|misc)\.ts$/.test(file))).toEqual([]);
  });
});

describe('a tracked file', () => {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], {
    cwd: root,
    maxBuffer: 2 ** 26,
  });
  const texts = listed
    .toString()
    .split('\0')
    .filter((file) => file !== '' && !/\.(?:sse|gz|png|yaml\.lock)$/.test(file) && file !== 'pnpm-lock.yaml')
    .filter((file) => existsSync(join(root, file)) && statSync(join(root, file)).size < 1_000_000);
  const matching = (pattern: RegExp, except: readonly string[] = []): string[] =>
    texts
      .filter((file) => !except.includes(file))
      .flatMap((file) =>
        readFileSync(join(root, file), 'utf8')
          .split('\n')
          .flatMap((line, index) => (pattern.test(line) ? [`${file}:${index + 1}: ${line.trim()}`] : [])),
      );

  it('contains no path of a machine', () => {
    expect(matching(/(?:^|[\s'"`(=])\/(?:work|home|root|Users)\//)).toEqual([]);
  });

  it('reads nothing outside the checkout', () => {
    expect(matching(/(?:\.\.\/)+shared\//)).toEqual([]);
  });

  it('has no TODO', () => {
    expect(matching(/\b(?:TODO|FIXME|XXX|HACK)\b/, ['tests/layers.test.ts', 'CONTRIBUTING.md'])).toEqual([]);
  });
});
