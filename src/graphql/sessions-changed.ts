// `sessionsChanged`: which of the caller's sessions change, for live lists.
import type { Session } from '../session/session.ts';
import { matchesFilter } from '../session/session-filter.ts';
import { matchesRule } from '../session/policy.ts';
import { builder } from './builder.ts';
import { SessionsChangedKindEnum } from './enums.ts';
import { SessionFilterInput, filterOf, searched } from './session.ts';
import { SessionsWatch } from './watch.ts';

interface SessionsChange {
  readonly kind: 'READY' | 'CREATED' | 'UPDATED' | 'DELETED';
  readonly sessionId: string | null;
  readonly session: Session | null;
  readonly matches: boolean;
}

/** How many sessions are remembered under a rule of `auth`. */
const MOST_TOLD = 10_000;

const READY: SessionsChange = { kind: 'READY', sessionId: null, session: null, matches: false };

const SessionsChanged = builder.objectRef<SessionsChange>('SessionsChanged').implement({
  description:
    "One of the caller's sessions has changed; or, with READY, every change is sent from now on.",
  fields: (t) => ({
    kind: t.expose('kind', { type: SessionsChangedKindEnum, description: 'What happened.' }),
    sessionId: t.exposeID('sessionId', {
      nullable: true,
      description: 'The session; null with READY.',
    }),
    session: t.expose('session', {
      type: 'Session',
      nullable: true,
      description: 'The session as it is now; null with READY and DELETED.',
    }),
    matches: t.exposeBoolean('matches', {
      description: 'Whether the session matches the filter now; false with READY and DELETED.',
    }),
  }),
});

builder.subscriptionField('sessionsChanged', (t) =>
  t.field({
    type: SessionsChanged,
    description: `Changes among the caller's sessions. The first event is READY: a list that is read after it misses nothing. Then one event
for each session that changed, at most one every 250 ms for each session, with the session as it is now. READY comes again where changes
may have been missed: then read the list again, as after a reconnect.`,
    args: {
      filter: t.arg({
        type: SessionFilterInput,
        description:
          'What `matches` refers to. Sessions that do not match are sent, too: they may have matched before.',
      }),
    },
    subscribe: async (_root, { filter }, context) => {
      const { wanted, rule } = await searched(context, filterOf(filter), 1);
      const told = new Set<string>();
      return new SessionsWatch({
        ownerId: context.user.id,
        async look(item, { services, actor }): Promise<SessionsChange | null> {
          if (item.kind === 'READY') return READY;
          const { sessionId, isNew } = item;
          const session = await services.backend.sessions.find(sessionId, actor);
          const isHidden =
            session !== null && rule !== null && !matchesRule(session.metadata, rule);
          if (session === null || isHidden) {
            // A rule may hide sessions: only those that were sent before may be reported as gone.
            const wasTold = told.delete(sessionId);
            if (rule !== null && !wasTold) return isHidden ? null : READY;
            return { kind: 'DELETED', sessionId, session: null, matches: false };
          }
          if (rule !== null) {
            if (told.size >= MOST_TOLD) told.clear();
            told.add(sessionId);
          }
          const kind = isNew ? 'CREATED' : 'UPDATED';
          return { kind, sessionId, session, matches: matchesFilter(wanted, session) };
        },
      });
    },
    resolve: (change) => change as unknown as SessionsChange,
  }),
);
