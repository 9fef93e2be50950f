export { StreamFollowError } from './errors.ts';
export { refuseUnknown, type ResolvedOptions, resolveOptions } from './options.ts';
export { OutgoingRequest } from './outgoing-request.ts';
export { type ConnectionOwner, type ConnectionSettings, ResumingConnection } from './resuming-connection.ts';
export type { FollowRequest, ReconnectOptions, RequestHeaders, ServedFrame } from './types.ts';
