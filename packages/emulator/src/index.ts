export { fullSpeed, humanPace, type Pace } from './answers/pace.ts';
export { type ScriptedAnswer, type ScriptedReply, type ScriptMatch } from './answers/script.ts';
export {
  type Cassette,
  cassetteVersion,
  encodeCassetteHeader,
  encodeExchange,
  type Exchange,
  type ExchangeEnd,
  readCassette,
  type RecordedChunk,
} from './cassette/cassette.ts';
export { type ChunkSize, type Recording } from './cassette/recording.ts';
export { createEmulator, type Emulator } from './create-emulator.ts';
export {
  defaultEmulatorOptions,
  type EmulatorOptions,
  type RecordOptions,
  type ReplayOptions,
} from './emulator-options.ts';
export { type Fault, faults } from './faults/faults.ts';
export { type ListenerKind, type Scenario, type ScenarioStep } from './scenarios/scenario.ts';
export { readScenario, scenarios } from './scenarios/scenarios.ts';
export { type ApiKeyOptions } from './server/access.ts';
export { type EmulatorRequest, type RecordedWrite } from './server/request-log.ts';
