import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Packs every published package as a tarball into the folder `packed` of the checkout, and prints how to install them. They
 * are installed together: each names the others by their versions, which no registry has yet.
 */
const root = join(import.meta.dirname, '..');
const target = join(root, 'packed');
rmSync(target, { recursive: true, force: true });
mkdirSync(target);
const filters = ['./packages/*', '@gemini/cli'].flatMap((filter) => ['--filter', filter]);
const { status } = spawnSync('pnpm', ['--recursive', ...filters, 'pack', '--pack-destination', target], {
  cwd: root,
  stdio: ['ignore', 'ignore', 'inherit'],
});
if (status !== 0) throw new Error('pnpm pack failed');
const tarballs = readdirSync(target).filter((file) => file.endsWith('.tgz'));
process.stdout.write(`${tarballs.map((file) => `packed/${file}`).join('\n')}

Install them together in your project:   npm install ${join(target, '*.tgz')}
The command alone, for every project:    npm install --global ${join(target, '*.tgz')}
`);
