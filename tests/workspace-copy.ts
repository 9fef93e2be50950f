import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { root, workspacePackages } from './workspace-packages.ts';

/** A folder that holds a copy, removed when its scope ends. */
export interface WorkspaceCopy extends Disposable {
  readonly folder: string;
}

/**
 * The manifests of the workspace, and the root files named, committed to a git repository of their own. There are no
 * sources, nothing is installed, and changesets that wait in the checkout are left out.
 */
export function copyWorkspace(rootFiles: readonly string[]): WorkspaceCopy {
  const folder = mkdtempSync(join(tmpdir(), 'workspace-'));
  const manifests = workspacePackages().map((member) => `${member.folder}/package.json`);
  for (const file of ['package.json', 'pnpm-workspace.yaml', ...rootFiles, ...manifests]) {
    mkdirSync(join(folder, dirname(file)), { recursive: true });
    cpSync(join(root, file), join(folder, file));
  }
  const git = (...words: string[]): void => {
    const author = ['-c', 'user.name=Test', '-c', 'user.email=test@example.com'];
    execFileSync('git', [...author, ...words], { cwd: folder, stdio: 'pipe' });
  };
  git('init', '--quiet', '--initial-branch=main');
  git('add', '.');
  git('commit', '--quiet', '--message=Copy the workspace');
  return { folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}
