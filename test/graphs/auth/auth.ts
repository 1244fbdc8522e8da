import { Auth, HTTPException } from '@langchain/langgraph-sdk/auth';
import { getLogger } from '@langchain/langgraph-sdk/logging';

// It is there before the file is.
getLogger();

/** A key is `identity:org:permission:permission…`. */
function userOf(key: string) {
  const [identity = '', org = '', ...permissions] = key.split(':');
  return { identity, org, permissions, display_name: `Dr ${identity}`, is_authenticated: true };
}

export const auth = new Auth()
  .authenticate((request: Request) => {
    const key = request.headers.get('x-api-key');
    if (key === null) throw new HTTPException(401, { message: 'Send an x-api-key.' });
    if (key === 'down') throw new HTTPException(503, { message: 'The directory is away.' });
    if (key === 'broken') throw new Error('a secret of the directory');
    if (key === 'nobody') return { ...userOf('nobody'), is_authenticated: false };
    return userOf(key);
  })
  // Whatever else there is needs a permission.
  .on('*', ({ permissions }) => permissions.includes('all'))
  .on('threads', ({ value, user }) => {
    const { org } = user as unknown as { org: string };
    if ('metadata' in value) value.metadata = { ...value.metadata, org };
    return { org };
  })
  .on('threads:update', ({ permissions, value, user }) => {
    const { org } = user as unknown as { org: string };
    if (value.metadata) value.metadata = { ...value.metadata, org };
    if (!permissions.includes('write')) throw new HTTPException(403, { message: 'Read only.' });
    return { org: { $eq: org } };
  })
  .on('threads:delete', ({ permissions }) => permissions.includes('delete'))
  .on('store', ({ value, user }) => {
    const { org } = user as unknown as { org: string };
    return value.namespace?.[0] === org;
  });

/** Tells nobody who is calling: its handlers alone apply. */
export const handlers = new Auth().on('threads:create', ({ value, permissions }) => {
  value.metadata = { ...value.metadata, checked: true, permissions };
});

let runs = 0;
/** Handlers that change what they are given, and answer what they should not. */
export const odd = new Auth()
  .authenticate((request: Request) => {
    const key = request.headers.get('x-api-key') ?? '';
    if (key === 'leak') throw Object.assign(new Error('hunter2'), { status: 403 });
    if (key === 'bigint') return { ...userOf('big'), odd: 1n };
    if (key === 'hang') return new Promise<never>(() => undefined);
    const colon = key.indexOf(':');
    return { identity: key.slice(0, colon), permissions: [key.slice(colon + 1)] };
  })
  .on('threads:create', ({ value, user }) => {
    value.metadata = { ...value.metadata, members: [user.identity], by: 'rule' };
  })
  .on('threads:create_run', ({ value }) => {
    runs += 1;
    value.metadata = { ...value.metadata, attempt: runs };
  })
  .on('threads:update', ({ value }) => {
    delete value.metadata?.['members'];
    delete value.metadata?.['by'];
  })
  .on('threads:read', ({ permissions: [level = ''] }) =>
    level.startsWith('level') ? { level } : {},
  )
  .on('threads:delete', ({ permissions: [answer = ''] }) => JSON.parse(answer) as boolean)
  .on('assistants', () => false)
  .on('store', ({ user }) => ({ owner: user.identity }));

export const none = { not: 'an Auth' };
