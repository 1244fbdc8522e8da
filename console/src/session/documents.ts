import { graphql } from '../../gql/gql.ts';
import type { SessionFeedSubscription, SessionPageQuery } from '../../gql/graphql.ts';

export type LoadedSession = NonNullable<SessionPageQuery['session']>;
export type LoadedStep = LoadedSession['checkpoints']['nodes'][number];
export type LoadedRun = LoadedSession['runs']['nodes'][number];
export type Question = LoadedSession['interrupts'][number];
export type FeedEvent = SessionFeedSubscription['sessionProgress'];

export const QuestionFields = graphql(`
  fragment QuestionFields on Interrupt {
    id
    interruptId
    value
    responseSchema
    question {
      ... on HITLQuestion {
        actionRequests {
          name
          args
          description
        }
        reviewConfigs {
          actionName
          allowedDecisions
        }
      }
      ... on HumanInterruptQuestion {
        requests {
          action_request {
            action
            args
          }
          config {
            allow_accept
            allow_edit
            allow_respond
            allow_ignore
          }
          description
        }
      }
    }
    node
    namespace
  }
`);

export const StepFields = graphql(`
  fragment StepFields on Checkpoint {
    id
    checkpointId
    parentCheckpointId
    step
    source
    createdAt
    runId
    next
    changedKeys
  }
`);

export const RunFields = graphql(`
  fragment RunFields on Run {
    id
    kind
    status
    attempt
    createdAt
    startedAt
    finishedAt
    error {
      code
      message
      node
      causes {
        message
        node
      }
    }
  }
`);

/** All that the page of a session begins with. */
export const SessionPageDocument = graphql(`
  query SessionPage($id: ID!, $checkpointId: ID!, $isAt: Boolean!) {
    session(id: $id) {
      id
      graphId
      task
      status
      metadata
      createdAt
      expiresAt
      next
      missingNodes
      cursor
      namespaces
      values
      interrupts {
        ...QuestionFields
      }
      graph {
        id
        nodes
        stateSchema
        drawing(xray: true) {
          nodes {
            key
            name
          }
          edges {
            source
            target
            label
            conditional
          }
        }
      }
      checkpoint {
        id
        checkpointId
      }
      checkpoints(first: 50) {
        nodes {
          ...StepFields
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
      runs(first: 20) {
        nodes {
          ...RunFields
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
      forkedFrom {
        sessionId
        checkpointId
      }
    }
    checkpoint(sessionId: $id, checkpointId: $checkpointId) @include(if: $isAt) {
      ...StepFields
      values
      interrupts {
        ...QuestionFields
      }
    }
  }
`);

export const SessionFeed = graphql(`
  subscription SessionFeed($sessionId: ID!, $after: String, $untilSettled: Boolean!) {
    sessionProgress(sessionId: $sessionId, after: $after, untilSettled: $untilSettled) {
      __typename
      sequence
      cursor
      runId
      at
      ... on RunStatusChanged {
        run {
          id
          kind
        }
        status
        sessionStatus
        attempt
        error {
          code
          message
          node
          causes {
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
          node
          causes {
            message
            node
          }
        }
      }
      ... on InterruptsRaised {
        interrupts {
          ...QuestionFields
        }
      }
      ... on MessageDelta {
        node
        messageId
        offset
        text
      }
      ... on CustomProgress {
        node
        payload
      }
    }
  }
`);

export const NewestCursor = graphql(`
  query NewestCursor($sessionId: ID!) {
    session(id: $sessionId) {
      id
      cursor
    }
  }
`);

export const OlderSteps = graphql(`
  query OlderSteps($id: ID!, $steps: String, $runs: String, $asksRuns: Boolean!) {
    session(id: $id) {
      id
      checkpoints(first: 100, after: $steps) {
        nodes {
          ...StepFields
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
      runs(first: 50, after: $runs) @include(if: $asksRuns) {
        nodes {
          ...RunFields
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
    }
  }
`);

export const CurrentState = graphql(`
  query CurrentState($id: ID!) {
    session(id: $id) {
      id
      values
      next
      checkpoint {
        id
        checkpointId
      }
    }
  }
`);

export const CheckpointState = graphql(`
  query CheckpointState($id: ID!, $checkpointId: ID!, $namespace: String) {
    checkpoint(sessionId: $id, checkpointId: $checkpointId, namespace: $namespace) {
      ...StepFields
      values
      interrupts {
        ...QuestionFields
      }
    }
  }
`);

export const SubgraphSteps = graphql(`
  query SubgraphSteps($id: ID!, $namespace: String!, $after: String) {
    session(id: $id) {
      id
      namespaces
      checkpoints(first: 100, after: $after, filter: { namespace: $namespace }) {
        nodes {
          ...StepFields
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
    }
  }
`);
