import { Follower } from './follower.ts';
import { resolveOptions } from './options.ts';
import type { FollowedStream, FollowOptions, FollowRequest, ServedEvent } from './types.ts';

/**
 * Follows a stream that `@gemini/client/sse` or `@gemini/stream-manager/sse` serves, through lost connections. Sends the
 * request at once. The stream ends with exactly one outcome; a `break` from the last open loop closes the connection.
 * @throws TypeError for an invalid request, and for an unknown or invalid option
 */
export function followStream<Event = ServedEvent>(
  target: string | URL | FollowRequest,
  options: FollowOptions<Event> = {},
): FollowedStream<Event> {
  return new Follower(target, resolveOptions(options));
}
