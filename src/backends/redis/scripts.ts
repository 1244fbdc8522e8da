// Whatever must happen atomically is a script (single-writer fencing, gapless event log). Lua does not roll back: a script
// checks first, then writes documents, since the server may refuse one, and takes numbers and logs last.
import type { Redis } from 'ioredis';
import { INSTANT_LENGTH } from './keys.ts';

/** Whether the attempt still owns the session. KEYS[1]: the session. ARGV[1]: the epoch. */
const FENCE = `
  local owner = redis.call('HMGET', KEYS[1], 'epoch', 'status')
  if owner[1] ~= ARGV[1] or owner[2] ~= 'RUNNING' then return -1 end`;

/** How far behind `updatedAt` may be while a run goes on, in ms: an index is changed with it. */
const TOUCH_MS = 10_000;

/**
 * Logs the event `ARGV[4]`, unless it is empty, and notifies. ARGV[2]: now. ARGV[3]: the run. ARGV[5..6]: channel and message.
 * The last key: what the session is listed by.
 */
const LOG = `
  local function log()
    redis.call('HINCRBY', KEYS[1], 'revision', 1)
    if tonumber(ARGV[2]) > tonumber(redis.call('HGET', KEYS[1], 'updatedAt')) + ${TOUCH_MS} then
      local listed = KEYS[#KEYS]
      local afterInstant = string.sub(redis.call('HGET', listed, 'updatedKey'), ${INSTANT_LENGTH + 1})
      redis.call('HSET', KEYS[1], 'updatedAt', ARGV[2])
      redis.call('HSET', listed, 'bytes', redis.call('HGET', KEYS[1], 'storedBytes') or 0, 'updatedAt', ARGV[2],
        'updatedKey', string.format('%0${INSTANT_LENGTH}.0f', ARGV[2]) .. afterInstant)
    end
    if ARGV[4] == '' then return 0 end
    local sequence = redis.call('HINCRBY', KEYS[1], 'lastEvent', 1)
    redis.call('XADD', KEYS[2], string.format('%.0f-0', sequence), 'run', ARGV[3], 'at', ARGV[2], 'detail', ARGV[4])
    redis.call('PUBLISH', ARGV[5], (string.gsub(ARGV[6], '%%SEQUENCE%%', string.format('%.0f', sequence), 1)))
    return sequence
  end`;

const SCRIPTS = {
  /**
   * KEYS: session, events, documents, checkpoints, subgraphs, namespaces, history, writes of the checkpoint, sourced,
   * persistent, listed. ARGV: epoch, now, run, event, channel, message, namespace, checkpoint, place, 'rare' where the source
   * is, row, head or '', then pairs of a document's key and JSON, the checkpoint's own last.
   */
  sgPutCheckpoint: {
    keys: 11,
    lua: `${FENCE}${LOG}
      local existing = redis.call('HGET', KEYS[4], ARGV[9])
      if existing and cjson.decode(existing).epoch == tonumber(ARGV[1]) then return 0 end
      local last = #ARGV - 1
      local bytes = 0
      for i = 13, last, 2 do
        bytes = bytes + #ARGV[i + 1]
        redis.call('ZADD', KEYS[3], ARGV[1], ARGV[i])
        redis.call('JSON.SET', ARGV[i], '$', ARGV[i + 1])
      end
      if redis.call('EXISTS', KEYS[8]) == 1 then redis.call('JSON.SET', ARGV[last], '$.has_writes', '"true"') end
      redis.call('HINCRBY', KEYS[1], 'storedBytes', bytes)
      local ordinal = redis.call('HINCRBY', KEYS[1], 'lastOrdinal', 1)
      local number = string.format('%.0f', ordinal)
      redis.call('HSET', KEYS[4], ARGV[9], '{"ordinal":' .. number .. ',' .. ARGV[11])
      redis.call('ZADD', KEYS[7], number, ARGV[8])
      redis.call('ZADD', KEYS[6], 'NX', number, ARGV[7])
      if ARGV[7] ~= '' then
        redis.call('ZADD', KEYS[5], number, ARGV[9])
        if not string.find(ARGV[7], ':', 1, true) then redis.call('SADD', KEYS[10], ARGV[7]) end
      end
      if ARGV[10] ~= '' then redis.call('ZADD', KEYS[9], number, ARGV[8]) end
      if ARGV[12] ~= '' then redis.call('HSET', KEYS[1], 'head', ARGV[12]) end
      return log()`,
  },
  /**
   * KEYS: session, events, documents, replaced, writes of the checkpoint, the checkpoint, belongings, listed.
   * ARGV: epoch, now, run, event, channel, message, '1' where the newest counts, then pairs of a write's key and JSON.
   */
  sgPutWrites: {
    keys: 8,
    lua: `${FENCE}${LOG}
      local changes = 0
      for i = 8, #ARGV, 2 do
        local fresh
        if ARGV[7] == '1' then
          local old = redis.call('JSON.GET', ARGV[i], '$')
          local epoch = old and tonumber(string.match(redis.call('JSON.GET', ARGV[i], '$.epoch'), '%d+')) or nil
          if epoch and epoch < tonumber(ARGV[1]) then
            redis.call('HSETNX', KEYS[4], ARGV[i] .. ' ' .. epoch, ARGV[1] .. ' ' .. old)
            redis.call('SADD', KEYS[7], KEYS[4])
          end
          redis.call('JSON.SET', ARGV[i], '$', ARGV[i + 1])
          fresh = epoch ~= tonumber(ARGV[1])
        else
          fresh = redis.call('JSON.SET', ARGV[i], '$', ARGV[i + 1], 'NX')
        end
        if fresh then
          changes = changes + 1
          redis.call('HINCRBY', KEYS[1], 'storedBytes', #ARGV[i + 1])
          redis.call('ZADD', KEYS[3], ARGV[1], ARGV[i])
          redis.call('ZADD', KEYS[5], i, ARGV[i])
        end
      end
      redis.call('ZADD', KEYS[3], 'NX', ARGV[1], KEYS[5])
      if redis.call('EXISTS', KEYS[6]) == 1 then redis.call('JSON.SET', KEYS[6], '$.has_writes', '"true"') end
      if changes > 0 then return log() end
      -- What is replaced is another state all the same, to whoever copies the session.
      if ARGV[7] == '1' then redis.call('HINCRBY', KEYS[1], 'revision', 1) end
      return 0`,
  },
  /**
   * Applies commands if nothing moved since they were made up. KEYS: session, idempotency key, the session it is
   * copied from. ARGV: the session's revision or '' for one that is new, 'keyed' where the second key must be free,
   * the third's epoch or '', its last ordinal or '', then each command as the number of its words and the words.
   * Answers 1, 0 where something moved, or what the idempotency key holds.
   */
  sgCommit: {
    keys: 3,
    lua: `
      local revision = redis.call('HGET', KEYS[1], 'revision') or ''
      if revision ~= ARGV[1] then return 0 end
      if ARGV[3] ~= '' and redis.call('HGET', KEYS[3], 'epoch') ~= ARGV[3] then return 0 end
      if ARGV[4] ~= '' and redis.call('HGET', KEYS[3], 'lastOrdinal') ~= ARGV[4] then return 0 end
      if ARGV[2] == 'keyed' then
        local taken = redis.call('GET', KEYS[2])
        if taken then return taken end
      end
      local i = 5
      while i <= #ARGV do
        local count = tonumber(ARGV[i])
        redis.call(unpack(ARGV, i + 1, i + count))
        i = i + count + 1
      end
      redis.call('HINCRBY', KEYS[1], 'revision', 1)
      return 1`,
  },
  /** KEYS: session, runs. ARGV: owner or ''. Answers the session's fields, and its active runs and the newest. */
  sgReadState: {
    keys: 2,
    lua: `
      local found = redis.call('HMGET', KEYS[1], 'owner', 'runs')
      if not found[1] or (ARGV[1] ~= '' and ARGV[1] ~= found[1]) then return false end
      local runs = {}
      for number in string.gmatch(found[2], '%d+') do
        runs[#runs + 1] = redis.call('HGET', KEYS[2], number)
      end
      return { redis.call('HGETALL', KEYS[1]), runs }`,
  },
  /** KEYS: session. ARGV: owner or '', then a command, which is executed where the session is the owner's. */
  sgOwned: {
    keys: 1,
    lua: `
      local owner = redis.call('HGET', KEYS[1], 'owner')
      if not owner or (ARGV[1] ~= '' and ARGV[1] ~= owner) then return false end
      return redis.call(unpack(ARGV, 2))`,
  },
  /**
   * KEYS: session, runs, events, checkpoints, namespaces, subgraphs, documents, histories, belongings, listed, waiting,
   * busy, expiry, trash, trash of the session, persistent, expiry of the interrupted. ARGV: owner or '', the session's id, now where it must be expired or
   * '', whether those count that wait for an answer, then what the keys of its histories begin with.
   */
  sgDelete: {
    keys: 17,
    lua: `
      local owner = redis.call('HGET', KEYS[1], 'owner')
      if not owner or (ARGV[1] ~= '' and ARGV[1] ~= owner) then return 0 end
      if ARGV[3] ~= '' then
        local at = redis.call('ZSCORE', KEYS[13], ARGV[2])
        if not at and ARGV[4] == '1' then at = redis.call('ZSCORE', KEYS[17], ARGV[2]) end
        if not at or tonumber(at) > tonumber(ARGV[3]) then return 0 end
      end
      for i = 5, #ARGV do redis.call('UNLINK', ARGV[i]) end
      for _, namespace in ipairs(redis.call('ZRANGE', KEYS[5], 0, -1)) do
        for i = 5, #ARGV do redis.call('UNLINK', ARGV[i] .. namespace) end
      end
      for _, key in ipairs(redis.call('SMEMBERS', KEYS[9])) do redis.call('UNLINK', key) end
      if redis.call('EXISTS', KEYS[7]) == 1 then
        redis.call('RENAME', KEYS[7], KEYS[15])
        redis.call('SADD', KEYS[14], ARGV[2])
      end
      redis.call('UNLINK', KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6], KEYS[9], KEYS[10], KEYS[16])
      redis.call('ZREM', KEYS[8], ARGV[2])
      redis.call('ZREM', KEYS[11], ARGV[2])
      redis.call('HDEL', KEYS[12], ARGV[2])
      redis.call('ZREM', KEYS[13], ARGV[2])
      redis.call('ZREM', KEYS[17], ARGV[2])
      return 1`,
  },
  /**
   * Runs to claim: of each user the oldest first, dealt in turn. KEYS: waiting, busy. ARGV: what keys of listed sessions
   * begin with, how many, from which place of those that wait, how many of them, what keys of sessions begin with, how
   * many dead workers, these, then the ids of runs to leave out. Answers how many were looked at, then pairs of a
   * session's id and its run, or '' where an earlier version stored it.
   */
  sgClaimable: {
    keys: 2,
    lua: `
      local limit, from, window, dead = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), {}
      local sessions, first = ARGV[5], 7 + tonumber(ARGV[6])
      for i = 7, first - 1 do dead[ARGV[i]] = true end
      local excepted = {}
      for i = first, #ARGV do excepted[ARGV[i]] = true end
      local users, turns = {}, {}
      local function take(session)
        local listed = redis.call('HMGET', ARGV[1] .. session, 'owner', 'claim')
        local owner, claim = listed[1], listed[2] or ''
        local now = redis.call('HMGET', sessions .. session, 'epoch', 'runs')
        local stamp = (now[1] or '') .. '/' .. string.gsub(now[2] or '', ' ', ',')
        if string.match(claim, '^%S+ %S+ %S+ %S+ (%S+) ') ~= stamp then claim = '' end
        if not owner or excepted[string.match(claim, '^%S*')] then return end
        local turn = (users[owner] or 0) + 1
        users[owner] = turn
        if turn > limit then return end
        turns[turn] = turns[turn] or {}
        table.insert(turns[turn], session)
        table.insert(turns[turn], claim)
      end
      if next(dead) then
        local busy = redis.call('HGETALL', KEYS[2])
        for i = 1, #busy, 2 do if dead[busy[i + 1]] then take(busy[i]) end end
      end
      local waiting = redis.call('ZRANGE', KEYS[1], from, from + window - 1)
      for _, session in ipairs(waiting) do take(session) end
      local found = { #waiting }
      for _, turn in ipairs(turns) do
        for _, part in ipairs(turn) do
          if #found > 2 * limit then return found end
          table.insert(found, part)
        end
      end
      return found`,
  },
  /** KEYS: lease. ARGV: holder, how long in ms. */
  sgAcquireLease: {
    keys: 1,
    lua: `
      local holder = redis.call('GET', KEYS[1])
      if holder and holder ~= ARGV[1] then return 0 end
      redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
      return 1`,
  },
  /** KEYS: lease. ARGV: holder. */
  sgReleaseLease: {
    keys: 1,
    lua: `
      if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
      return 1`,
  },
  /**
   * The times of an item: when it was made and changed, its time to live and when it expires; 0 where it does not.
   * KEYS: items, names, times, expiry, vectors. ARGV: name, now, ttl, when it expires, JSON, vectors. @returns its times
   */
  sgPutItem: {
    keys: 5,
    lua: `
      local made = ARGV[2]
      local existing = redis.call('HGET', KEYS[3], ARGV[1])
      if existing then
        local created, expires = string.match(existing, '^(%d+) %d+ %d+ (%d+)$')
        if expires == '0' or tonumber(expires) > tonumber(ARGV[2]) then made = created end
      end
      local times = table.concat({ made, ARGV[2], ARGV[3], ARGV[4] }, ' ')
      redis.call('HSET', KEYS[1], ARGV[1], ARGV[5])
      redis.call('ZADD', KEYS[2], 0, ARGV[1])
      redis.call('HSET', KEYS[3], ARGV[1], times)
      if ARGV[4] == '0' then redis.call('ZREM', KEYS[4], ARGV[1])
      else redis.call('ZADD', KEYS[4], ARGV[4], ARGV[1]) end
      if ARGV[6] == '' then redis.call('HDEL', KEYS[5], ARGV[1])
      else redis.call('HSET', KEYS[5], ARGV[1], ARGV[6]) end
      return times`,
  },
  /** KEYS: items, names, times, expiry, vectors. ARGV: name. */
  sgDeleteItem: {
    keys: 5,
    lua: `
      redis.call('HDEL', KEYS[1], ARGV[1])
      redis.call('ZREM', KEYS[2], ARGV[1])
      redis.call('HDEL', KEYS[3], ARGV[1])
      redis.call('ZREM', KEYS[4], ARGV[1])
      redis.call('HDEL', KEYS[5], ARGV[1])
      return 1`,
  },
  /** KEYS: times, expiry. ARGV: now, names. */
  sgTouchItems: {
    keys: 2,
    lua: `
      local now = tonumber(ARGV[1])
      for i = 2, #ARGV do
        local times = redis.call('HGET', KEYS[1], ARGV[i])
        if times then
          local made, changed, ttl, expires = string.match(times, '^(%d+) (%d+) (%d+) (%d+)$')
          local left = tonumber(expires) - now
          if ttl ~= '0' and left > 0 and left * 10 < tonumber(ttl) * 9 then
            local later = string.format('%.0f', now + tonumber(ttl))
            redis.call('HSET', KEYS[1], ARGV[i], table.concat({ made, changed, ttl, later }, ' '))
            redis.call('ZADD', KEYS[2], later, ARGV[i])
          end
        end
      end
      return 1`,
  },
  /** KEYS: items, names, times, expiry, vectors. ARGV: now, how many. @returns how many it deleted */
  sgDeleteExpiredItems: {
    keys: 5,
    lua: `
      local names = redis.call('ZRANGEBYSCORE', KEYS[4], '-inf', ARGV[1], 'LIMIT', 0, ARGV[2])
      for _, name in ipairs(names) do
        redis.call('HDEL', KEYS[1], name)
        redis.call('ZREM', KEYS[2], name)
        redis.call('HDEL', KEYS[3], name)
        redis.call('ZREM', KEYS[4], name)
        redis.call('HDEL', KEYS[5], name)
      end
      return #names`,
  },
  /** Removes some of a deleted session's documents. KEYS: trash, trash of the session. ARGV: session, how many. */
  sgEmptyTrash: {
    keys: 2,
    lua: `
      local documents = redis.call('ZPOPMIN', KEYS[2], ARGV[2])
      for i = 1, #documents, 2 do redis.call('UNLINK', documents[i]) end
      if redis.call('EXISTS', KEYS[2]) == 1 then return 1 end
      redis.call('SREM', KEYS[1], ARGV[1])
      return 0`,
  },
} as const;

export type ScriptName = keyof typeof SCRIPTS;

/** Makes the scripts commands of the client, which sends one again in full where the server has forgotten it. */
export function defineScripts(redis: Redis): void {
  for (const [name, { keys, lua }] of Object.entries(SCRIPTS)) {
    redis.defineCommand(name, { numberOfKeys: keys, lua });
  }
}

export function numberOfKeys(name: ScriptName): number {
  return SCRIPTS[name].keys;
}
