export { defaultRedisStreamLogOptions, type RedisStreamLogOptions } from './options.ts';
export type { IoredisLike, NodeRedisLike, RedisLikeClient } from './redis-client.ts';
export { redisStreamLog } from './redis-stream-log.ts';
