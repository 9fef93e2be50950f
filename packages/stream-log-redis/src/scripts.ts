import { createHash } from 'node:crypto';

/** A script that runs in Redis, in one slot and in one step. Each is safe to run twice. */
export interface Script {
  readonly text: string;
  readonly sha: string;
}

// Milliseconds by the clock of Redis: the deadlines of all processes are compared by it alone. Numbers are formatted,
// because Lua would write large ones with an exponent.
const clock = `
local function text(number) return string.format('%.0f', number) end
local function clock()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
`;
const now = `${clock}local now = clock()`;

/**
 * Claims a stream: KEYS meta, log; ARGV owner, epoch, first index, lease, the most milliseconds that the lease of a stream
 * to resume may be over (0 to resume none), abandon, retain, version, metadata, 1 if the caller can continue a stream that
 * was given up. Returns `led`, `resumed` or `taken` with the epoch and the next index, or `format` with the version found.
 * A repeated claim is recognised by its owner.
 */
export const claimScript = script(`${now}
local m = redis.call('HMGET', KEYS[1], 'v', 'o', 'e', 'n', 'l', 'x')
local deadline = text(now + ARGV[4])
if not m[1] then
  redis.call('DEL', KEYS[2])
  redis.call('HSET', KEYS[1], 'v', ARGV[8], 'o', ARGV[1], 'e', ARGV[2], 'n', ARGV[3], 'l', deadline, 'r', ARGV[7], 'm', ARGV[9])
  redis.call('PEXPIRE', KEYS[1], ARGV[6])
  return {'led', ARGV[2], ARGV[3]}
end
if m[1] ~= ARGV[8] then return {'format', m[1]} end
if m[2] == ARGV[1] then return {m[3] == ARGV[2] and 'led' or 'resumed', m[3], m[4]} end
local isGivenUp = m[2] == '' and ARGV[10] == '1'
if not m[6] and (isGivenUp or (now > tonumber(m[5]) and now - m[5] <= tonumber(ARGV[5]))) then
  redis.call('HSET', KEYS[1], 'o', ARGV[1], 'l', deadline, 'h', '0')
  redis.call('PEXPIRE', KEYS[1], ARGV[6])
  redis.call('PEXPIRE', KEYS[2], ARGV[6])
  return {'resumed', m[3], m[4]}
end
return {'taken', m[3], m[4]}
`);

/**
 * Adds events, the end, or neither as a heartbeat: KEYS meta, log; ARGV owner, epoch, first index, count, oldest index
 * still held, lease or 0 to leave it, abandon, retain, publish command, channel, lines, end. Returns `ok` with the number of listeners and
 * the reason of a stop; `gone` if there is no such stream; `fenced` if another process leads or has ended it; `at` with
 * the index from which the log has to be filled.
 */
export const appendScript = script(`${clock}
local m = redis.call('HMGET', KEYS[1], 'o', 'n', 'x', 's')
if not m[1] then return {'gone'} end
if m[1] ~= ARGV[1] then return {'fenced'} end
if m[3] then
  if m[3] == ARGV[12] then return {'ok', 0, false} end
  return {'fenced'}
end
local first, count, oldest, n = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(m[2])
if first ~= n and not (first == oldest and n < oldest) then return {'at', m[2]} end
local last = text(first + count)
if count > 0 then
  local id, from = ARGV[2] .. '-' .. last, ARGV[2] .. '-' .. text(oldest + 1)
  local added
  if first > oldest then
    added = redis.call('XADD', KEYS[2], 'NOMKSTREAM', 'MINID', from, id, 'd', ARGV[11])
  else
    added = redis.call('XADD', KEYS[2], 'MINID', from, id, 'd', ARGV[11])
  end
  if not added then
    redis.call('HSET', KEYS[1], 'n', ARGV[5])
    return {'at', ARGV[5]}
  end
end
if ARGV[12] ~= '' then
  redis.call('HSET', KEYS[1], 'n', last, 'x', ARGV[12])
  redis.call('PEXPIRE', KEYS[1], ARGV[8])
  redis.call('PEXPIRE', KEYS[2], ARGV[8])
elseif ARGV[6] ~= '0' then
  redis.call('HSET', KEYS[1], 'n', last, 'l', text(clock() + ARGV[6]))
  redis.call('PEXPIRE', KEYS[1], ARGV[7])
  redis.call('PEXPIRE', KEYS[2], ARGV[7])
else
  redis.call('HSET', KEYS[1], 'n', last)
end
local listeners = 0
if count > 0 or ARGV[12] ~= '' then
  local message = ARGV[2] .. ' ' .. ARGV[3] .. ' ' .. ARGV[4]
  if count > 0 then message = message .. '\\n' .. ARGV[11] end
  if ARGV[12] ~= '' then message = message .. '\\n' .. ARGV[12] end
  listeners = redis.call(ARGV[9], ARGV[10], message)
end
return {'ok', listeners, m[4]}
`);

/**
 * Adds events as `append` does, if nothing else is to be done: KEYS meta, log; ARGV owner, first index, index after the
 * last event, id of the entry, header of the message, lines, publish command, channel. Returns 1; 0 if it has changed
 * nothing, because another process leads, the index is another one, a stop is asked for, or there is an end or no log.
 */
export const extendScript = script(`
local m = redis.call('HMGET', KEYS[1], 'o', 'n', 'x', 's')
if m[1] ~= ARGV[1] or m[2] ~= ARGV[2] or m[3] or m[4] then return 0 end
if not redis.call('XADD', KEYS[2], 'NOMKSTREAM', ARGV[4], 'd', ARGV[6]) then return 0 end
redis.call('HSET', KEYS[1], 'n', ARGV[3])
redis.call(ARGV[7], ARGV[8], ARGV[5] .. '\\n' .. ARGV[6])
return 1
`);

/**
 * Reads a stream: KEYS meta, log; ARGV epoch or an empty text for any, first index, length after which no more entries
 * are read, 1 to fail if Redis is full, the time for which the caller can continue the stream, or 0. Returns an empty list
 * if Redis has no such stream; otherwise version, owner, epoch, next index, time left of the lease, end, metadata, and for
 * each entry the index after it and its lines.
 */
export const readScript = script(`${now}
local m = redis.call('HMGET', KEYS[1], 'v', 'o', 'e', 'n', 'l', 'x', 'm')
if not m[1] then
  -- Adds nothing, and fails if Redis is full.
  if ARGV[4] == '1' then redis.call('XADD', KEYS[1], 'NOMKSTREAM', '*', 'p', '') end
  return {}
end
if ARGV[4] == '1' then redis.call('HSET', KEYS[1], 'p', '') end
if ARGV[5] ~= '0' and not m[6] then redis.call('HSET', KEYS[1], 'h', text(now + ARGV[5])) end
local reply = {m[1], m[2], m[3], m[4], text(m[5] - now), m[6] or '', m[7] or ''}
if ARGV[1] ~= '' and ARGV[1] ~= m[3] then return reply end
local from, length, most = m[3] .. '-' .. text(ARGV[2] + 1), 0, tonumber(ARGV[3])
if tonumber(ARGV[2]) >= tonumber(m[4]) then return reply end
repeat
  local page = redis.call('XRANGE', KEYS[2], from, '+', 'COUNT', 50)
  for _, entry in ipairs(page) do
    reply[#reply + 1] = string.match(entry[1], '%-(.*)')
    reply[#reply + 1] = entry[2][2]
    length = length + #entry[2][2]
    from = '(' .. entry[1]
  end
until #page < 50 or length > most
return reply
`);

/**
 * Ends a stream whose process is lost: KEYS meta, log; ARGV owner, end, abandon, publish command, channel, the most
 * milliseconds that the lease may be over. Changes nothing if the owner is another one, if there is an end, if a process
 * has said that it can continue the stream, or if the lease is not over, or is over for longer: then Redis was stopped
 * while this script was on its way, and the leader with it. Returns `lost`, `held` or `gone`.
 */
export const loseScript = script(`${now}
local m = redis.call('HMGET', KEYS[1], 'o', 'l', 'x', 'e', 'n', 'r', 'h')
if not m[1] then return {'gone'} end
if m[1] ~= ARGV[1] or m[3] or now <= tonumber(m[2]) or now - m[2] > tonumber(ARGV[6]) then return {'held'} end
if m[7] and now <= tonumber(m[7]) then return {'held'} end
redis.call('HSET', KEYS[1], 'x', ARGV[2])
redis.call('PEXPIRE', KEYS[1], m[6] or ARGV[3])
redis.call('PEXPIRE', KEYS[2], m[6] or ARGV[3])
redis.call(ARGV[4], ARGV[5], m[4] .. ' ' .. m[5] .. ' 0\\n' .. ARGV[2])
return {'lost'}
`);

/**
 * Gives a stream up: KEYS meta; ARGV owner, lease, publish command, channel. It then has no owner, and a process that can
 * continue it has a lease of time to claim it. Changes nothing if the owner is another one, or if there is an end.
 */
export const releaseScript = script(`${now}
local m = redis.call('HMGET', KEYS[1], 'o', 'x', 'e', 'n')
if not m[1] or m[1] ~= ARGV[1] or m[2] then return {'held'} end
redis.call('HSET', KEYS[1], 'o', '', 'l', text(now + ARGV[2]))
redis.call(ARGV[3], ARGV[4], m[3] .. ' ' .. m[4] .. ' 0')
return {'released'}
`);

/**
 * Keeps the reason of a stop, of several the first: KEYS meta; ARGV reason. Returns the owner, to be told at once; an
 * empty list if there is no such stream or if it has ended.
 */
export const stopScript = script(`
local m = redis.call('HMGET', KEYS[1], 'o', 'x')
if not m[1] or m[2] then return {} end
redis.call('HSETNX', KEYS[1], 's', ARGV[1])
return {m[1], redis.call('HGET', KEYS[1], 's')}
`);

/** Counts the listeners of a channel: KEYS meta, for the slot; ARGV publish command, channel. */
export const listenersScript = script(`return {redis.call(ARGV[1], ARGV[2], '')}`);

function script(text: string): Script {
  return { text, sha: createHash('sha1').update(text).digest('hex') };
}
