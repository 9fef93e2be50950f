import { createEmulator } from '@gemini/emulator';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { readmeExamples, withoutUsing } from '../../scripts/readme-examples.ts';
import type { Proof } from '../proof/prove-package.ts';
import { packageOf } from '../source-imports.ts';
import { type WorkspacePackage, root } from '../workspace-packages.ts';
import type { LocalRegistry } from './local-registry.ts';
import type { Runtime } from './runtimes.ts';

/** The settings of a proof: the registry with the packages, and the servers that programs talk to. */
export interface InstallSettings {
  readonly registry: LocalRegistry;
  readonly target: string;
  readonly redisUrl: string | undefined;
}

/** The examples that are no programs for a server, by a part of their code. */
const excluded: Readonly<Record<string, string>> = {
  'useChat(': 'a React hook',
  'useGeminiStream(': 'a React hook',
  'followStream(': 'a page, which follows its server',
  'createServer(': 'a server, which does not end',
};

/**
 * Installs a package by its name in an empty project, alone or with the packages that a program for it imports; runs that
 * program; then adds the packages that the examples of its README import, and runs these.
 */
export async function proveInstalled(
  { folder, manifest }: WorkspacePackage,
  runtime: Runtime,
  { registry, target, redisUrl }: InstallSettings,
): Promise<Proof> {
  const label = folder.split('/').at(-1) ?? '';
  const project = join(target, `${label}-${runtime.name.replace(' ', '-').toLowerCase()}`);
  await mkdir(project, { recursive: true });
  await writeFile(join(project, 'package.json'), '{ "private": true, "type": "module" }');
  await writeFile(join(project, '.npmrc'), `@gemini:registry=${registry.url}\n`);
  await using emulator = await createEmulator();
  await using recorded = await createEmulator({ recording: { body: Buffer.from('data: one\n\ndata: two\n\n') } });
  const streamUrl = `${recorded.url}/v1beta/models/gemini-flash-latest:streamGenerateContent?alt=sse`;
  const environment = {
    PATH: process.env['PATH'],
    HOME: process.env['HOME'],
    EMULATOR_URL: emulator.url,
    GEMINI_BASE_URL: emulator.url,
    STREAM_URL: streamUrl,
    REDIS_URL: redisUrl,
  };
  try {
    const program = await readFile(join(root, 'tests/proof/programs', `${label}.ts`), 'utf8');
    // Deno refuses to import the dependency of a dependency by its name.
    const needed = new Set([manifest.name, ...packagesIn(program)]);
    await runtime.install(project, await withVersions([...needed]));
    await writeFile(join(project, 'alone.ts'), program);
    const printed = await runtime.run(project, 'alone.ts', environment);
    if (printed !== 'it works\n') throw new Error(`its program printed ${JSON.stringify(printed)}`);
    const examples = readmeExamples(join(root, folder, 'README.md')).filter(
      ({ code }) => !Object.keys(excluded).some((part) => code.includes(part)),
    );
    const beside = new Set(examples.flatMap(({ code }) => packagesIn(code)));
    beside.delete(manifest.name);
    if (beside.size > 0) await runtime.install(project, await withVersions([...beside]));
    for (const { line, code, output } of examples) {
      if (redisUrl === undefined && code.includes('REDIS_URL')) continue;
      await writeFile(join(project, `line-${line}.ts`), runtime.name === 'Node 22' ? withoutUsing(code) : code);
      const shown = await runtime.run(project, `line-${line}.ts`, environment);
      if (output !== undefined && runtime.name.startsWith('Node') && shown !== output) {
        throw new Error(`the example at line ${line} printed ${JSON.stringify(shown)}`);
      }
    }
    return [runtime.name, undefined];
  } catch (error) {
    return [runtime.name, error instanceof Error ? error.message : String(error)];
  }
}

/** Returns the packages that a program imports. */
function packagesIn(code: string): string[] {
  const specifiers = [...code.matchAll(/^(?:import|export)\b[^;]*?from '([^'.][^']*)'/gm)].map(
    (match) => match[1] ?? '',
  );
  return specifiers.filter((specifier) => !isBuiltin(specifier)).map(packageOf);
}

/** Returns names with the versions that the tests of the workspace use; ours are the newest of the registry. */
async function withVersions(names: readonly string[]): Promise<string[]> {
  const { devDependencies = {} } = JSON.parse(await readFile(join(root, 'tests/package.json'), 'utf8')) as {
    devDependencies?: Readonly<Record<string, string>>;
  };
  return names.map((name) => (name.startsWith('@gemini/') ? name : `${name}@${devDependencies[name] ?? 'latest'}`));
}
