// A page of the list, and, once it was asked for, the one after it, from where this one ends now.
import { Button, Table, Text } from '@mantine/core';
import { Link, useSearchParams } from 'wouter';
import { graphql } from '../../gql/gql.ts';
import type { SessionListQuery } from '../../gql/graphql.ts';
import { messageOf } from '../gateway/errors.ts';
import { useAnswer } from '../gateway/use-answer.ts';
import { useSessionChanges } from '../gateway/use-session-changes.ts';
import { Empty, Failed, Loading } from '../shell/states.tsx';
import { titleOf } from '../shell/session-title.ts';
import { StatusBadge } from '../shell/status-badge.tsx';
import { Ago } from '../shell/time.tsx';
import type { ListedFilter } from './session-filters.tsx';

const SessionList = graphql(`
  query SessionList($first: Int, $after: String, $filter: SessionFilter, $orderBy: SessionOrder!) {
    sessions(first: $first, after: $after, filter: $filter, orderBy: $orderBy) {
      nodes {
        id
        task
        status
        graphId
        createdAt
        updatedAt
        checkpoint {
          id
          step
        }
        latestRun {
          id
          finishedAt
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

type Row = SessionListQuery['sessions']['nodes'][number];

const PAGE = 50;

interface Props {
  readonly listed: ListedFilter;
  readonly after?: string | null;
  /** The first page is 1. */
  readonly page?: number;
}

export function SessionRows({ listed, after = null, page = 1 }: Props) {
  const { filter, orderBy } = listed;
  const [{ data, error }, askAgain] = useAnswer(SessionList, {
    first: PAGE,
    after,
    filter,
    orderBy,
  });
  // In the address, so that who comes back sees as many.
  const [params, setParams] = useSearchParams();
  const showsMore = Number(params.get('pages') ?? 1) > page;
  useSessionChanges(askAgain);
  if (data === undefined) {
    const content =
      error === undefined ? (
        <Loading what="sessions" />
      ) : (
        <Failed
          title="The sessions could not be loaded"
          message={messageOf(error)}
          onRetry={askAgain}
        />
      );
    return <Whole>{content}</Whole>;
  }
  const { nodes, pageInfo } = data.sessions;
  return (
    <>
      {error !== undefined && (
        <Whole>
          <Text size="sm" c="red" role="status">
            This may be old: {messageOf(error)}
          </Text>
        </Whole>
      )}
      {after === null && nodes.length === 0 && (
        <Whole>
          <Empty title={listed.isEmpty ? 'No sessions yet' : 'No session is like that'}>
            {listed.isEmpty ? 'Start one, and watch it here.' : 'Take away some of the filters.'}
          </Empty>
        </Whole>
      )}
      {nodes.map((session) => (
        <SessionRow key={session.id} session={session} />
      ))}
      {pageInfo.hasNextPage &&
        (showsMore ? (
          <SessionRows listed={listed} after={pageInfo.endCursor} page={page + 1} />
        ) : (
          <Whole>
            <Button
              variant="default"
              size="xs"
              onClick={() =>
                setParams(
                  (before) =>
                    new URLSearchParams(
                      [...before, ['pages', String(page + 1)]].filter(
                        ([name], at, all) => name !== 'pages' || at === all.length - 1,
                      ),
                    ),
                  { replace: true },
                )
              }
            >
              More sessions
            </Button>
          </Whole>
        ))}
    </>
  );
}

function Whole({ children }: { readonly children: React.ReactNode }) {
  return (
    <Table.Tr>
      <Table.Td colSpan={6}>{children}</Table.Td>
    </Table.Tr>
  );
}

function SessionRow({ session }: { readonly session: Row }) {
  const { id, status, graphId, createdAt, updatedAt, checkpoint, latestRun } = session;
  const since = status === 'INTERRUPTED' ? (latestRun?.finishedAt ?? updatedAt) : null;
  return (
    <Table.Tr>
      <Table.Td style={{ whiteSpace: 'nowrap' }}>
        <StatusBadge status={status} />
      </Table.Td>
      <Table.Td style={{ maxWidth: 0, width: '99%' }}>
        <Link
          href={`/sessions/${id}`}
          className="cut"
          style={{ display: 'block', color: 'inherit' }}
        >
          {titleOf(session)}
        </Link>
      </Table.Td>
      <Table.Td visibleFrom="sm" style={{ whiteSpace: 'nowrap' }}>
        {graphId}
      </Table.Td>
      <Table.Td visibleFrom="sm" ta="end">
        {checkpoint ? Math.max(0, checkpoint.step) : '–'}
      </Table.Td>
      <Table.Td style={{ whiteSpace: 'nowrap' }}>
        <Ago at={createdAt} />
      </Table.Td>
      <Table.Td visibleFrom="sm" style={{ whiteSpace: 'nowrap' }}>
        {since === null ? '–' : <Ago at={since} />}
      </Table.Td>
    </Table.Tr>
  );
}
