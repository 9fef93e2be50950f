// What @gemini/emulator/command exports. Written by `pnpm api:update`: a change of this file is a change of the surface.

export declare function childEnvironment(url: string, inherited: NodeJS.ProcessEnv, keepKeys?: boolean): NodeJS.ProcessEnv;

export declare function runChild([command, ...args]: readonly string[], environment: NodeJS.ProcessEnv, host: NodeJS.Process, program: string): Promise<number>;

export declare function runCommand(words: readonly string[], program?: string, host?: NodeJS.Process): Promise<number>;
