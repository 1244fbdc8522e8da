import { lazily } from '../shell/lazily.ts';
import { Button, Group, Stack, Table, Title } from '@mantine/core';
import { Suspense, useState } from 'react';
import { graphql } from '../../gql/gql.ts';
import { useAnswer } from '../gateway/use-answer.ts';
import { SessionFilters, useSessionFilter } from './session-filters.tsx';
import { SessionRows } from './session-rows.tsx';

const StartSession = lazily(() => import('../input/start-session.tsx'));

const GraphNames = graphql(`
  query GraphNames {
    graphs {
      id
    }
  }
`);

export default function SessionsPage() {
  const listed = useSessionFilter();
  const [{ data }] = useAnswer(GraphNames, {}, { requestPolicy: 'cache-first' });
  const [starts, setStarts] = useState(false);
  return (
    <Stack>
      <title>Sessions · Session Gateway</title>
      <Group justify="space-between">
        <Title order={1} size="h3">
          Sessions
        </Title>
        <Button onClick={() => setStarts(true)}>Start a session</Button>
      </Group>
      <SessionFilters graphs={data?.graphs.map(({ id }) => id) ?? []} problem={listed.problem} />
      <Table highlightOnHover verticalSpacing="xs" aria-label="Sessions">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Status</Table.Th>
            <Table.Th>Task</Table.Th>
            <Table.Th visibleFrom="sm">Graph</Table.Th>
            <Table.Th visibleFrom="sm" ta="end">
              Steps
            </Table.Th>
            <Table.Th>Age</Table.Th>
            <Table.Th visibleFrom="sm" style={{ whiteSpace: 'nowrap' }}>
              Waiting since
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          <SessionRows key={JSON.stringify([listed.filter, listed.orderBy])} listed={listed} />
        </Table.Tbody>
      </Table>
      {starts && (
        <Suspense fallback={null}>
          <StartSession onClose={() => setStarts(false)} />
        </Suspense>
      )}
    </Stack>
  );
}
