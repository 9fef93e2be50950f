import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { freePort } from '../free-port.ts';
import { runCommand } from '../proof/run-command.ts';

/** A registry of npm packages on this machine, for `@gemini` only. */
export interface LocalRegistry extends AsyncDisposable {
  readonly url: string;
  /** Identifies a user who may publish. */
  readonly token: string;
}

// One of its dependencies asks for a tag that not every registry has.
const manifest = { private: true, dependencies: { verdaccio: '6.10.4' }, overrides: { 'node-fetch': '2.7.0' } };

const configuration = `storage: ./storage
auth: { htpasswd: { file: ./htpasswd } }
uplinks: {}
packages: { '@gemini/*': { access: $all, publish: $authenticated } }
log: { type: stdout, format: json, level: warn }
`;

/** Installs verdaccio in a folder, and starts it on 127.0.0.1. It ends with its scope. */
export async function startRegistry(folder: string): Promise<LocalRegistry> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest));
  await writeFile(join(folder, 'config.yaml'), configuration);
  await runCommand('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline'], folder);
  const port = await freePort();
  const program = join(folder, 'node_modules/verdaccio/bin/verdaccio');
  const child = spawn(process.execPath, [program, '--config', 'config.yaml', '--listen', `127.0.0.1:${port}`], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null) return;
    child.kill();
    await once(child, 'exit');
  };
  try {
    await listening(createInterface({ input: child.stdout }));
    const url = `http://127.0.0.1:${port}/`;
    return { url, token: await addUser(url), [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function listening(lines: AsyncIterable<string>): Promise<void> {
  const seen: string[] = [];
  for await (const line of lines) {
    if (line.includes('http address')) return;
    seen.push(line);
  }
  throw new Error(`the registry ended before it listened: ${seen.join('\n')}`);
}

/** Adds a user, as `npm adduser` does, and returns the token. */
async function addUser(url: string): Promise<string> {
  const response = await fetch(`${url}-/user/org.couchdb.user:owner`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'owner', password: 'a-password', email: 'owner@example.com', type: 'user' }),
  });
  const { token } = (await response.json()) as { token?: string };
  if (token === undefined) throw new Error(`the registry refused a user: ${response.status}`);
  return token;
}
