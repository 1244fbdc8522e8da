// The operations that tests use, as typed documents.
import { graphql } from '../../gql/gql.ts';

export const Start = graphql(`
  mutation Start($input: StartSessionInput!) {
    startSession(input: $input) {
      session {
        id
        status
        cursor
        expiresAt
      }
      run {
        id
        kind
        status
        attempt
      }
    }
  }
`);

export const Resume = graphql(`
  mutation Resume($input: ResumeSessionInput!) {
    resumeSession(input: $input) {
      session {
        id
        status
      }
      run {
        id
        kind
        status
        input
      }
    }
  }
`);

export const Await = graphql(`
  query Await($id: ID!, $timeoutSeconds: Int!) {
    awaitSession(id: $id, timeoutSeconds: $timeoutSeconds) {
      ...State
    }
  }

  fragment State on Session {
    id
    status
    task
    metadata
    next
    values
    cursor
    expiresAt
    namespaces
    interrupts {
      id
      interruptId
      value
      node
      namespace
    }
    checkpoint {
      checkpointId
      step
      source
    }
    latestRun {
      id
      kind
      status
      attempt
      error {
        code
        message
        node
        causes {
          code
          message
          node
        }
      }
    }
  }
`);

export const Look = graphql(`
  query Look($id: ID!) {
    session(id: $id) {
      ...State
    }
  }
`);

export const History = graphql(`
  query History($id: ID!, $first: Int, $after: String, $filter: CheckpointFilter) {
    checkpoints(sessionId: $id, first: $first, after: $after, filter: $filter) {
      nodes {
        id
        checkpointId
        parentCheckpointId
        namespace
        step
        source
        next
        values
        only: values(keys: ["trail"])
        changedKeys
        createdAt
        metadata
        runId
        interrupts {
          interruptId
        }
      }
      edges {
        cursor
      }
      pageInfo {
        hasNextPage
        hasPreviousPage
        startCursor
        endCursor
      }
    }
  }
`);

export const Runs = graphql(`
  query Runs($id: ID!, $first: Int, $after: String, $status: [RunStatus!]) {
    session(id: $id) {
      runs(first: $first, after: $after, status: $status) {
        nodes {
          id
          kind
          status
          input
          attempt
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
    }
  }
`);

export const Sessions = graphql(`
  query Sessions($first: Int, $after: String, $filter: SessionFilter, $orderBy: SessionOrder) {
    sessions(first: $first, after: $after, filter: $filter, orderBy: $orderBy) {
      nodes {
        id
        status
        metadata
      }
      pageInfo {
        hasNextPage
        hasPreviousPage
        endCursor
      }
    }
  }
`);

export const Saved = graphql(`
  subscription Saved($id: ID!, $after: String!) {
    sessionProgress(sessionId: $id, after: $after, untilSettled: true) {
      ... on CheckpointSaved {
        checkpointId
        checkpoint {
          checkpointId
          values
        }
      }
    }
  }
`);

export const Fork = graphql(`
  mutation Fork($input: ForkSessionInput!) {
    forkSession(input: $input) {
      session {
        ...State
        forkedFrom {
          sessionId
          checkpointId
          session {
            id
          }
        }
      }
    }
  }
`);

export const Edit = graphql(`
  mutation Edit($input: UpdateSessionStateInput!) {
    updateSessionState(input: $input) {
      session {
        ...State
      }
      checkpoint {
        checkpointId
        source
        step
        changedKeys
      }
    }
  }
`);

export const Update = graphql(`
  mutation Update($input: UpdateSessionInput!) {
    updateSession(input: $input) {
      session {
        ...State
      }
    }
  }
`);

export const Cancel = graphql(`
  mutation Cancel($id: ID!) {
    cancelSession(input: { sessionId: $id }) {
      session {
        ...State
      }
      run {
        id
        status
      }
    }
  }
`);

export const Delete = graphql(`
  mutation Delete($id: ID!) {
    deleteSession(input: { sessionId: $id }) {
      deletedSessionId
    }
  }
`);

export const Extend = graphql(`
  mutation Extend($id: ID!, $ttlSeconds: Int) {
    extendSession(input: { sessionId: $id, ttlSeconds: $ttlSeconds }) {
      session {
        id
        expiresAt
      }
    }
  }
`);

export const Watch = graphql(`
  subscription Watch($id: ID!, $after: String, $untilSettled: Boolean!) {
    sessionProgress(sessionId: $id, after: $after, untilSettled: $untilSettled) {
      type: __typename
      sequence
      cursor
      at
      runId
      ... on SessionSnapshot {
        session {
          status
          next
        }
      }
      ... on ProgressGap {
        requestedAfter
      }
      ... on RunStatusChanged {
        status
        sessionStatus
        attempt
        error {
          code
          message
          node
          causes {
            code
            message
            node
          }
        }
      }
      ... on CheckpointSaved {
        namespace
        step
        source
        next
        changedKeys
        checkpointId
      }
      ... on NodeStarted {
        namespace
        node
      }
      ... on NodeFinished {
        namespace
        node
        error {
          code
          message
        }
      }
      ... on CustomProgress {
        node
        payload
      }
      ... on MessageDelta {
        namespace
        node
        messageId
        offset
        text
      }
      ... on InterruptsRaised {
        interrupts {
          interruptId
          value
        }
      }
    }
  }
`);

export const Graphs = graphql(`
  query Graphs {
    graphs {
      id
      description
      nodes
      mermaid
      inputSchema
      stateSchema
    }
  }
`);

export const RunOptions = graphql(`
  query RunOptions($id: ID!) {
    run(id: $id) {
      metadata
      tags
    }
  }
`);

export const Schemas = graphql(`
  query Schemas {
    graphs {
      id
      inputSchema
      stateSchema
      outputSchema
      contextSchema
    }
  }
`);

export const CancelRun = graphql(`
  mutation CancelRun($id: ID!) {
    cancelRun(input: { runId: $id }) {
      session {
        ...State
      }
      run {
        id
        status
      }
    }
  }
`);

export const StoreItem = graphql(`
  query StoreItem($namespace: [String!]!, $key: String!) {
    storeItem(namespace: $namespace, key: $key) {
      namespace
      key
      value
      createdAt
      updatedAt
    }
  }
`);

export const StoreItems = graphql(`
  query StoreItems(
    $prefix: [String!]!
    $filter: JSON
    $query: String
    $first: Int
    $after: String
  ) {
    storeItems(
      namespacePrefix: $prefix
      filter: $filter
      query: $query
      first: $first
      after: $after
    ) {
      nodes {
        namespace
        key
        value
        score
      }
      pageInfo {
        hasNextPage
        hasPreviousPage
        endCursor
      }
    }
  }
`);

export const StoreNamespaces = graphql(`
  query StoreNamespaces(
    $prefix: [String!]
    $suffix: [String!]
    $maxDepth: Int
    $first: Int
    $after: String
  ) {
    storeNamespaces(
      prefix: $prefix
      suffix: $suffix
      maxDepth: $maxDepth
      first: $first
      after: $after
    ) {
      nodes
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

export const PutStoreItem = graphql(`
  mutation PutStoreItem($input: PutStoreItemInput!) {
    putStoreItem(input: $input) {
      item {
        namespace
        key
        value
        createdAt
        updatedAt
        score
      }
    }
  }
`);

export const DeleteStoreItem = graphql(`
  mutation DeleteStoreItem($input: DeleteStoreItemInput!) {
    deleteStoreItem(input: $input) {
      deletedNamespace
      deletedKey
    }
  }
`);
