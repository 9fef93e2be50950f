import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

// Debian keeps nginx in a folder that is not on every user's path.
const command = existsSync('/usr/sbin/nginx') ? '/usr/sbin/nginx' : 'nginx';

/** Starts nginx with what stands inside its `http` block, which listens on `port`. Resolves when it answers. */
export async function startNginx(http: string, port: number): Promise<AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), 'nginx-'));
  const file = join(folder, 'nginx.conf');
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  );
  await writeFile(
    file,
    `daemon off;\nworker_processes 1;\npid ${folder}/nginx.pid;\nevents {}\nhttp {\naccess_log off;\n${temporary.join('\n')}\n${http}\n}\n`,
  );
  const flags = ['-c', file, '-p', folder, '-e', join(folder, 'error.log')];
  execFileSync(command, ['-t', '-q', ...flags]);
  const nginx = spawn(command, flags, { stdio: 'ignore' });
  const exited = once(nginx, 'exit');
  const stop = async (): Promise<void> => {
    nginx.kill('SIGTERM');
    await exited;
    await rm(folder, { recursive: true });
  };
  for (let patience = 100; patience > 0; patience -= 1) {
    const isUp = await fetch(`http://127.0.0.1:${port}/`).then(
      () => true,
      () => false,
    );
    if (isUp) return { [Symbol.asyncDispose]: stop };
    await sleep(50);
  }
  await stop();
  throw new Error('nginx did not come up');
}
