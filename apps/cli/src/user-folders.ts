import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

const program = 'gemini-stream';

/** Returns the path of the user's configuration file: `~/.config/gemini-stream/config.json`, or below `XDG_CONFIG_HOME`. */
export function configPath(env: NodeJS.ProcessEnv = process.env): string {
  return join(baseFolder(env['XDG_CONFIG_HOME'], '.config'), program, 'config.json');
}

/** Returns the folder for what the command remembers: `~/.local/state/gemini-stream`, or below `XDG_STATE_HOME`. */
export function stateFolder(env: NodeJS.ProcessEnv = process.env): string {
  return join(baseFolder(env['XDG_STATE_HOME'], join('.local', 'state')), program);
}

// By the XDG specification a relative path counts as not set.
function baseFolder(folder: string | undefined, byDefault: string): string {
  return folder !== undefined && isAbsolute(folder) ? folder : join(homedir(), byDefault);
}
