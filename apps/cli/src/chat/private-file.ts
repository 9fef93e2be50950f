import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';

/**
 * Writes a file that only its owner may read, in one step: after a crash it has the old or the new contents. Synchronous,
 * so that an interrupt does not leave the temporary file behind.
 */
export function replacePrivateFile(path: string, text: string): void {
  // A random name and `wx`: a link that is already there must not be followed.
  const temporary = `${path}.${randomBytes(8).toString('hex')}.tmp`;
  const file = openSync(temporary, 'wx', 0o600);
  try {
    try {
      writeFileSync(file, text);
      // Before the rename: otherwise a power cut may leave an empty file.
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/**
 * Creates a file that only its owner may read.
 * @throws the error of the system, `EEXIST` for a file that is there
 */
export function createPrivateFile(path: string, text: string): void {
  writeFileSync(path, text, { flag: 'wx', mode: 0o600 });
}
