import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { copyWorkspace } from './workspace-copy.ts';
import { type Manifest, publishedPackages, root, workspacePackages } from './workspace-packages.ts';

const versionOf = (folder: string, member: string): string =>
  (JSON.parse(readFileSync(join(folder, member, 'package.json'), 'utf8')) as Manifest).version;

const bumped = (version: string, part: 'major' | 'minor' | 'patch'): string => {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number);
  if (part === 'major') return `${major + 1}.0.0`;
  return part === 'minor' ? `${major}.${minor + 1}.0` : `${major}.${minor}.${patch + 1}`;
};

const changeset = join(root, 'node_modules/@changesets/cli/bin.js');

/** The releases of `changeset version` for one change of one package, after the first release, by name and bump. */
function released(name: string, part: 'major' | 'minor' | 'patch'): Record<string, string> {
  using copy = copyWorkspace(['.changeset/config.json']);
  for (const { folder, manifest } of publishedPackages()) {
    const path = join(copy.folder, folder, 'package.json');
    writeFileSync(path, JSON.stringify({ ...manifest, version: releasedVersion(manifest) }));
  }
  writeFileSync(join(copy.folder, '.changeset', 'one.md'), `---\n'${name}': ${part}\n---\n\nA change.\n`);
  execFileSync(process.execPath, [changeset, 'version'], { cwd: copy.folder, stdio: 'pipe' });
  const steps: Record<string, string> = {};
  for (const { folder, manifest } of publishedPackages()) {
    const after = versionOf(copy.folder, folder);
    const before = releasedVersion(manifest);
    if (after === before) continue;
    const step = (['major', 'minor', 'patch'] as const).find((kind) => bumped(before, kind) === after);
    steps[manifest.name.replace('@gemini/', '')] = step ?? after;
    expect(existsSync(join(copy.folder, folder, 'CHANGELOG.md'))).toBe(true);
  }
  expect(readdirSync(join(copy.folder, '.changeset'))).toEqual(['config.json']);
  return steps;
}

/** The version of a package, or that of its first release if it has not been released. */
function releasedVersion({ version }: Manifest): string {
  return version === '0.0.0' ? '0.1.0' : version;
}

describe('a release', () => {
  it('of a patch leaves every dependent alone, because its range covers the patch', () => {
    expect(released('@gemini/sse-parser', 'patch')).toEqual({ 'sse-parser': 'patch' });
  });

  it('of a version outside their ranges releases only the direct dependents, as a patch', () => {
    expect(released('@gemini/sse-parser', 'major')).toEqual({
      'sse-parser': 'major',
      'http-streaming': 'patch',
      'stream-manager': 'patch',
    });
  });

  it('of the emulator does not release the packages that only test with it', () => {
    expect(released('@gemini/emulator', 'major')).toEqual({ emulator: 'major', cli: 'patch' });
  });
});

describe('the workspace', () => {
  it('versions each package on its own', () => {
    const config = JSON.parse(readFileSync(join(root, '.changeset/config.json'), 'utf8')) as Record<string, unknown>;
    expect(config).toMatchObject({ fixed: [], linked: [], ignore: [] });
  });

  it.for(workspacePackages())('$folder refers to its neighbours by the workspace protocol', ({ manifest }) => {
    const allowed = manifest.private === true ? ['workspace:*', 'workspace:^'] : ['workspace:^'];
    for (const kind of ['dependencies', 'devDependencies', 'peerDependencies', 'optionalDependencies'] as const) {
      for (const [name, range] of Object.entries(manifest[kind] ?? {})) {
        if (name.startsWith('@gemini/')) expect(allowed, `${kind}.${name}`).toContain(range);
        else expect(range, `${kind}.${name}`).not.toMatch(/^(?:workspace|link|file):/);
      }
    }
  });

  it.for(publishedPackages())('$folder carries what a published package needs', ({ folder, manifest }) => {
    expect(manifest.license).toBe('Apache-2.0');
    expect(readFileSync(join(root, folder, 'LICENSE'), 'utf8')).toBe(readFileSync(join(root, 'LICENSE'), 'utf8'));
    expect(existsSync(join(root, folder, 'README.md')), 'README.md').toBe(true);
    expect(manifest.files).toContain('dist');
    // An installation carries what runs and what types it, once.
    expect(manifest.files).not.toContain('src');
    expect(manifest.publishConfig?.access).toBe('public');
    expect(JSON.stringify(manifest.publishConfig?.exports ?? manifest.exports)).not.toContain('@gemini/source');
  });

  it.for(publishedPackages())('$folder describes itself, but for what only the owner knows', ({ folder, manifest }) => {
    expect(manifest.description).toMatch(/^\S.{30,}\.$/);
    expect(manifest.keywords?.length).toBeGreaterThan(2);
    expect(manifest.keywords).toEqual(manifest.keywords?.toSorted());
    // The parser and the browser's package run anywhere.
    const runsAnywhere = ['packages/sse-parser', 'packages/browser'].includes(folder);
    expect(manifest.engines).toEqual(runsAnywhere ? undefined : { node: '>=22.19' });
    const missing = ['repository', 'homepage', 'bugs', 'author'].filter((field) => !(field in manifest));
    const contributing = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8');
    expect(missing.filter((field) => !contributing.includes(`\`${field}\``))).toEqual([]);
  });

  // npm resolves a relative link by `repository`, which is not set, and serves no other file of the package.
  it.for(publishedPackages())('$folder has a README without links that break on npm', ({ folder }) => {
    const readme = readFileSync(join(root, folder, 'README.md'), 'utf8');
    const prose = readme.replaceAll(/^```.*?^```$/gms, '');
    const links = [...prose.matchAll(/\]\(([^)\s]+)[^)]*\)|(?:src|href)="([^"]+)"/g)].map(
      ([, link, url]) => link ?? url ?? '',
    );
    expect(links.filter((link) => !/^(?:https?:|mailto:|#)/.test(link))).toEqual([]);
    const pages = [...prose.matchAll(/`((?:docs|tests|packages)\/[\w./-]+\.\w+)`/g)].map(([, page = '']) => page);
    expect(pages.filter((page) => !existsSync(join(root, page)))).toEqual([]);
  });

  it('makes 0.1.0 of every package that was not released yet, with a changelog', () => {
    const waiting = readdirSync(join(root, '.changeset')).map((file) => `.changeset/${file}`);
    using copy = copyWorkspace(waiting);
    execFileSync(process.execPath, [changeset, 'version'], { cwd: copy.folder, stdio: 'pipe' });
    // Below 0.1.0 a caret covers no patch: each patch would release every package above it.
    const unreleased = publishedPackages().filter(({ manifest }) => manifest.version === '0.0.0');
    for (const { folder, manifest } of unreleased) {
      expect(`${manifest.name} ${versionOf(copy.folder, folder)}`).toBe(`${manifest.name} 0.1.0`);
      expect(readFileSync(join(copy.folder, folder, 'CHANGELOG.md'), 'utf8')).toContain('## 0.1.0');
    }
  });
});
