// Which sessions are listed, kept in the address: ?status=RUNNING,FAILED&graph=chat&meta=team=blue.
import { Group, MultiSelect, Select, TextInput } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useSearchParams } from 'wouter';
import type { SessionFilter, SessionStatus } from '../../gql/graphql.ts';
import { wordOf } from '../shell/status-badge.tsx';

const STATUSES = [
  'IDLE',
  'QUEUED',
  'RUNNING',
  'INTERRUPTED',
  'SUCCEEDED',
  'FAILED',
  'CANCELLED',
] as const;

export interface ListedFilter {
  readonly filter: SessionFilter;
  readonly orderBy: 'CREATED_AT' | 'UPDATED_AT';
  /** What is wrong with the address, for people. */
  readonly problem: string | undefined;
  readonly isEmpty: boolean;
}

export function useSessionFilter(): ListedFilter {
  const [params] = useSearchParams();
  const status = statusesIn(params);
  const graphId = params.get('graph');
  const metadata = metadataIn(params.get('meta') ?? '');
  return {
    filter: {
      ...(status.length > 0 && { status }),
      ...(graphId !== null && { graphId }),
      ...(metadata !== undefined && Object.keys(metadata).length > 0 && { metadata }),
    },
    orderBy: params.get('order') === 'updated' ? 'UPDATED_AT' : 'CREATED_AT',
    problem:
      metadata === undefined ? 'Metadata is written as key=value, with spaces between.' : undefined,
    isEmpty: status.length === 0 && graphId === null && (params.get('meta') ?? '') === '',
  };
}

function statusesIn(params: URLSearchParams): SessionStatus[] {
  const named = new Set(params.get('status')?.split(','));
  return STATUSES.filter((status) => named.has(status));
}

/** `a=1 b="x y"` as { a: 1, b: 'x y' }: a value that is JSON is meant as such. */
function metadataIn(text: string): Record<string, unknown> | undefined {
  const parts = text.match(/(?:[^\s"]|"(?:[^"\\]|\\.)*")+/g) ?? [];
  const entries = parts.map((part): [string, unknown] | undefined => {
    const at = part.indexOf('=');
    if (at < 1) return undefined;
    const value = part.slice(at + 1);
    try {
      return [part.slice(0, at), JSON.parse(value)];
    } catch {
      return [part.slice(0, at), value];
    }
  });
  return entries.includes(undefined)
    ? undefined
    : Object.fromEntries(entries.filter((entry) => entry !== undefined));
}

interface Props {
  readonly graphs: readonly string[];
  readonly problem: string | undefined;
}

export function SessionFilters({ graphs, problem }: Props) {
  const [params, setParams] = useSearchParams();
  const change = (name: string, value: string | null) =>
    setParams(
      (before) => {
        const after = new URLSearchParams(before);
        if (value === null || value === '') after.delete(name);
        else after.set(name, value);
        return after;
      },
      { replace: true },
    );
  const metaGiven = params.get('meta') ?? '';
  const [meta, setMeta] = useState(metaGiven);
  useEffect(() => setMeta(metaGiven), [metaGiven]);
  const graph = params.get('graph');
  return (
    <Group align="flex-start" gap="sm" component="search" aria-label="Sessions">
      <MultiSelect
        label="Status"
        placeholder="Any"
        data={STATUSES.map((value) => ({ value, label: wordOf(value) }))}
        value={statusesIn(params)}
        onChange={(chosen) => change('status', chosen.join(','))}
        clearable
        clearButtonProps={{ 'aria-label': 'Any status' }}
        miw={170}
        flex={1}
      />
      <Select
        label="Graph"
        placeholder="Any"
        data={graph === null || graphs.includes(graph) ? graphs : [...graphs, graph]}
        value={graph}
        onChange={(chosen) => change('graph', chosen)}
        clearable
        searchable
        clearButtonProps={{ 'aria-label': 'Any graph' }}
        miw={150}
        flex={1}
      />
      <TextInput
        label="Metadata"
        placeholder="team=blue"
        value={meta}
        error={problem}
        onChange={(event) => setMeta(event.currentTarget.value)}
        onBlur={() => change('meta', meta.trim())}
        onKeyDown={(event) => {
          if (event.key === 'Enter') change('meta', meta.trim());
        }}
        miw={150}
        flex={1}
      />
      <Select
        label="Newest by"
        data={[
          { value: 'created', label: 'Start' },
          { value: 'updated', label: 'Activity' },
        ]}
        value={params.get('order') === 'updated' ? 'updated' : 'created'}
        onChange={(chosen) => change('order', chosen === 'updated' ? 'updated' : null)}
        allowDeselect={false}
        w={120}
      />
    </Group>
  );
}
