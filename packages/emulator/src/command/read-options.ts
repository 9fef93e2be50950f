import { readFile } from 'node:fs/promises';
import { scriptFromJson } from '../answers/script-from-json.ts';
import type { ScriptedReply } from '../answers/scripted-reply.ts';
import type { EmulatorOptions } from '../emulator-options.ts';
import { readScenario } from '../scenario/check-scenario.ts';
import type { Scenario } from '../scenario/scenario.ts';
import type { CommandLine } from './read-arguments.ts';

const standardPort = 8787;

/** The emulator's options for a command line, files read. Throws a `TypeError` for what cannot be used. */
export async function readOptions(line: CommandLine): Promise<EmulatorOptions> {
  return {
    port: line.port ?? (line.child.length > 0 ? 0 : standardPort),
    host: line.host,
    seed: line.seed,
    pace: line.pace,
    scenario: line.scenario === undefined ? undefined : await readScenarioOption(line.scenario),
    script: line.scriptFile === undefined ? undefined : await readScript(line.scriptFile),
    strict: line.strict,
    recording:
      line.recordingFile === undefined ? undefined : { body: await read(line.recordingFile), chunkBytes: line.chunk },
    record: line.recordFile === undefined ? undefined : { target: line.target, file: line.recordFile },
    replay: line.replayFile === undefined ? undefined : { file: line.replayFile, speed: line.speed },
    apiKey: line.apiKey === undefined ? undefined : { accepted: [line.apiKey], required: true },
  };
}

async function readScenarioOption(value: string): Promise<Scenario> {
  return readScenario(value.endsWith('.json') ? await readJson(value) : value);
}

async function readScript(file: string): Promise<readonly ScriptedReply[]> {
  return scriptFromJson(await readJson(file));
}

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse((await read(file)).toString('utf8'));
  } catch (cause) {
    if (cause instanceof SyntaxError) throw new TypeError(`${file}: expected JSON`, { cause });
    throw cause;
  }
}

async function read(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unreadable';
    throw new TypeError(`${file}: cannot be read (${code})`, { cause });
  }
}
