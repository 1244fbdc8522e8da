import { Auth, HTTPException } from '@langchain/langgraph-sdk/auth';

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

export const none = { not: 'an Auth' };
