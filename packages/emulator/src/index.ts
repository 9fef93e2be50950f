export { createEmulator, type Emulator } from './create-emulator.ts';
export { emulatorDefaults, type EmulatorOptions } from './emulator-options.ts';
export type { Recording } from './recording/play-recording.ts';
export type { ChunkSize } from './recording/split-bytes.ts';
export type { Fault, Scenario, ScenarioStep } from './scenario/scenario.ts';
export { scenarios } from './scenario/scenarios.ts';
export type { ApiKeyOptions } from './server/credentials.ts';
export type { EmulatorRequest, RecordedWrite } from './server/emulator-request.ts';
export { fullSpeed, humanPace, type Pace } from './wire/pace.ts';
