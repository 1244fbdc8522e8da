/* eslint-disable */
import * as types from './graphql.ts';



/**
 * Map of all GraphQL operations in the project.
 *
 * This map has several performance disadvantages:
 * 1. It is not tree-shakeable, so it will include all operations in the project.
 * 2. It is not minifiable, so the string of a GraphQL query will be multiple times inside the bundle.
 * 3. It does not support dead code elimination, so it will add unused operations.
 *
 * Therefore it is highly recommended to use the babel or swc plugin for production.
 * Learn more about it here: https://the-guild.dev/graphql/codegen/plugins/presets/preset-client#reducing-bundle-size
 */
type Documents = {
    "\n  query ComparedSession($id: ID!) {\n    session(id: $id) {\n      id\n      task\n      status\n      graphId\n      next\n      values\n      forkedFrom {\n        sessionId\n        checkpointId\n      }\n      checkpoints(first: 50) {\n        nodes {\n          ...StepFields\n        }\n      }\n    }\n  }\n": typeof types.ComparedSessionDocument,
    "\n  query Comparable($id: ID!) {\n    session(id: $id) {\n      id\n      forkedFrom {\n        sessionId\n        checkpointId\n        session {\n          id\n          graphId\n          task\n          forks(first: 50) {\n            nodes {\n              id\n              graphId\n              task\n            }\n          }\n        }\n      }\n      forks(first: 50) {\n        nodes {\n          id\n          graphId\n          task\n        }\n      }\n    }\n    sessions(first: 50) {\n      nodes {\n        id\n        graphId\n        task\n      }\n    }\n  }\n": typeof types.ComparableDocument,
    "\n  query OpenQuestions($id: ID!) {\n    session(id: $id) {\n      id\n      status\n      next\n      interrupts {\n        ...QuestionFields\n      }\n      latestRun {\n        id\n      }\n    }\n  }\n": typeof types.OpenQuestionsDocument,
    "\n  query WaitingSessions($after: String) {\n    sessions(first: 100, after: $after, filter: { status: [INTERRUPTED] }, orderBy: UPDATED_AT) {\n      nodes {\n        id\n        task\n        graphId\n        updatedAt\n        latestRun {\n          id\n          finishedAt\n        }\n      }\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n": typeof types.WaitingSessionsDocument,
    "\n  query GraphOfSession($id: ID!) {\n    session(id: $id) {\n      id\n      graph {\n        id\n        inputSchema\n      }\n    }\n  }\n": typeof types.GraphOfSessionDocument,
    "\n  query StartableGraphs {\n    graphs {\n      id\n      description\n      inputSchema\n    }\n  }\n": typeof types.StartableGraphsDocument,
    "\n  mutation StartSession($input: StartSessionInput!) {\n    startSession(input: $input) {\n      session {\n        id\n        status\n      }\n    }\n  }\n": typeof types.StartSessionDocument,
    "\n  fragment QuestionFields on Interrupt {\n    id\n    interruptId\n    value\n    responseSchema\n    node\n    namespace\n  }\n": typeof types.QuestionFieldsFragmentDoc,
    "\n  fragment StepFields on Checkpoint {\n    id\n    checkpointId\n    parentCheckpointId\n    step\n    source\n    createdAt\n    runId\n    next\n    changedKeys\n  }\n": typeof types.StepFieldsFragmentDoc,
    "\n  fragment RunFields on Run {\n    id\n    kind\n    status\n    attempt\n    createdAt\n    startedAt\n    finishedAt\n    error {\n      code\n      message\n      node\n    }\n  }\n": typeof types.RunFieldsFragmentDoc,
    "\n  query SessionPage($id: ID!, $checkpointId: ID!, $isAt: Boolean!) {\n    session(id: $id) {\n      id\n      graphId\n      task\n      status\n      metadata\n      createdAt\n      expiresAt\n      next\n      missingNodes\n      cursor\n      namespaces\n      values\n      interrupts {\n        ...QuestionFields\n      }\n      graph {\n        id\n        nodes\n        stateSchema\n        drawing(xray: true) {\n          nodes {\n            id\n            name\n          }\n          edges {\n            source\n            target\n            label\n            conditional\n          }\n        }\n      }\n      checkpoint {\n        id\n        checkpointId\n      }\n      checkpoints(first: 50) {\n        nodes {\n          ...StepFields\n        }\n        pageInfo {\n          hasNextPage\n          endCursor\n        }\n      }\n      runs(first: 20) {\n        nodes {\n          ...RunFields\n        }\n        pageInfo {\n          hasNextPage\n          endCursor\n        }\n      }\n      forkedFrom {\n        sessionId\n        checkpointId\n      }\n    }\n    checkpoint(sessionId: $id, checkpointId: $checkpointId) @include(if: $isAt) {\n      ...StepFields\n      values\n      interrupts {\n        ...QuestionFields\n      }\n    }\n  }\n": typeof types.SessionPageDocument,
    "\n  subscription SessionFeed($sessionId: ID!, $after: String, $untilSettled: Boolean!) {\n    sessionProgress(sessionId: $sessionId, after: $after, untilSettled: $untilSettled) {\n      __typename\n      sequence\n      cursor\n      runId\n      at\n      ... on RunStatusChanged {\n        run {\n          id\n          kind\n        }\n        status\n        sessionStatus\n        attempt\n        error {\n          code\n          message\n          node\n        }\n      }\n      ... on CheckpointSaved {\n        namespace\n        step\n        source\n        next\n        changedKeys\n        checkpointId\n      }\n      ... on NodeStarted {\n        namespace\n        node\n      }\n      ... on NodeFinished {\n        namespace\n        node\n        error {\n          code\n          message\n          node\n        }\n      }\n      ... on InterruptsRaised {\n        interrupts {\n          ...QuestionFields\n        }\n      }\n      ... on MessageDelta {\n        node\n        messageId\n        offset\n        text\n      }\n      ... on CustomProgress {\n        node\n        payload\n      }\n    }\n  }\n": typeof types.SessionFeedDocument,
    "\n  query NewestCursor($sessionId: ID!) {\n    session(id: $sessionId) {\n      id\n      cursor\n    }\n  }\n": typeof types.NewestCursorDocument,
    "\n  query OlderSteps($id: ID!, $steps: String, $runs: String, $asksRuns: Boolean!) {\n    session(id: $id) {\n      id\n      checkpoints(first: 100, after: $steps) {\n        nodes {\n          ...StepFields\n        }\n        pageInfo {\n          hasNextPage\n          endCursor\n        }\n      }\n      runs(first: 50, after: $runs) @include(if: $asksRuns) {\n        nodes {\n          ...RunFields\n        }\n        pageInfo {\n          hasNextPage\n          endCursor\n        }\n      }\n    }\n  }\n": typeof types.OlderStepsDocument,
    "\n  query CurrentState($id: ID!) {\n    session(id: $id) {\n      id\n      values\n      next\n      checkpoint {\n        id\n        checkpointId\n      }\n    }\n  }\n": typeof types.CurrentStateDocument,
    "\n  query CheckpointState($id: ID!, $checkpointId: ID!, $namespace: String) {\n    checkpoint(sessionId: $id, checkpointId: $checkpointId, namespace: $namespace) {\n      ...StepFields\n      values\n      interrupts {\n        ...QuestionFields\n      }\n    }\n  }\n": typeof types.CheckpointStateDocument,
    "\n  query SubgraphSteps($id: ID!, $namespace: String!, $after: String) {\n    session(id: $id) {\n      id\n      namespaces\n      checkpoints(first: 100, after: $after, filter: { namespace: $namespace }) {\n        nodes {\n          ...StepFields\n        }\n        pageInfo {\n          hasNextPage\n          endCursor\n        }\n      }\n    }\n  }\n": typeof types.SubgraphStepsDocument,
    "\n  mutation ResumeSession($input: ResumeSessionInput!) {\n    resumeSession(input: $input) {\n      session {\n        id\n        status\n      }\n      run {\n        id\n      }\n    }\n  }\n": typeof types.ResumeSessionDocument,
    "\n  mutation ForkSession($input: ForkSessionInput!) {\n    forkSession(input: $input) {\n      session {\n        id\n        status\n      }\n    }\n  }\n": typeof types.ForkSessionDocument,
    "\n  mutation EditState($input: UpdateSessionStateInput!) {\n    updateSessionState(input: $input) {\n      session {\n        id\n        status\n      }\n      checkpoint {\n        id\n        checkpointId\n      }\n    }\n  }\n": typeof types.EditStateDocument,
    "\n  mutation CancelSession($input: CancelSessionInput!) {\n    cancelSession(input: $input) {\n      session {\n        id\n        status\n      }\n    }\n  }\n": typeof types.CancelSessionDocument,
    "\n  mutation DeleteSession($input: DeleteSessionInput!) {\n    deleteSession(input: $input) {\n      deletedSessionId\n    }\n  }\n": typeof types.DeleteSessionDocument,
    "\n  query TreePage($id: ID!) {\n    session(id: $id) {\n      id\n      checkpoint {\n        id\n        checkpointId\n      }\n      checkpoints(first: 100) {\n        nodes {\n          ...StepFields\n        }\n        pageInfo {\n          hasNextPage\n          endCursor\n        }\n      }\n      forkedFrom {\n        sessionId\n        checkpointId\n        session {\n          id\n          graphId\n          task\n          status\n          forkedFrom {\n            sessionId\n            checkpointId\n            session {\n              id\n              graphId\n              task\n              status\n            }\n          }\n          forks(first: 20) {\n            nodes {\n              id\n              graphId\n              task\n              status\n            }\n          }\n        }\n      }\n      forks(first: 20) {\n        pageInfo {\n          hasNextPage\n        }\n        nodes {\n          id\n          graphId\n          task\n          status\n          forkedFrom {\n            sessionId\n            checkpointId\n          }\n          forks(first: 5) {\n            nodes {\n              id\n              graphId\n              task\n              status\n            }\n          }\n        }\n      }\n    }\n  }\n": typeof types.TreePageDocument,
    "\n  query SessionList($first: Int, $after: String, $filter: SessionFilter, $orderBy: SessionOrder!) {\n    sessions(first: $first, after: $after, filter: $filter, orderBy: $orderBy) {\n      nodes {\n        id\n        task\n        status\n        graphId\n        createdAt\n        updatedAt\n        checkpoint {\n          id\n          step\n        }\n        latestRun {\n          id\n          finishedAt\n        }\n      }\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n": typeof types.SessionListDocument,
    "\n  query GraphNames {\n    graphs {\n      id\n    }\n  }\n": typeof types.GraphNamesDocument,
};
const documents: Documents = {
    "\n  query ComparedSession($id: ID!) {\n    session(id: $id) {\n      id\n      task\n      status\n      graphId\n      next\n      values\n      forkedFrom {\n        sessionId\n        checkpointId\n      }\n      checkpoints(first: 50) {\n        nodes {\n          ...StepFields\n        }\n      }\n    }\n  }\n": types.ComparedSessionDocument,
    "\n  query Comparable($id: ID!) {\n    session(id: $id) {\n      id\n      forkedFrom {\n        sessionId\n        checkpointId\n        session {\n          id\n          graphId\n          task\n          forks(first: 50) {\n            nodes {\n              id\n              graphId\n              task\n            }\n          }\n        }\n      }\n      forks(first: 50) {\n        nodes {\n          id\n          graphId\n          task\n        }\n      }\n    }\n    sessions(first: 50) {\n      nodes {\n        id\n        graphId\n        task\n      }\n    }\n  }\n": types.ComparableDocument,
    "\n  query OpenQuestions($id: ID!) {\n    session(id: $id) {\n      id\n      status\n      next\n      interrupts {\n        ...QuestionFields\n      }\n      latestRun {\n        id\n      }\n    }\n  }\n": types.OpenQuestionsDocument,
    "\n  query WaitingSessions($after: String) {\n    sessions(first: 100, after: $after, filter: { status: [INTERRUPTED] }, orderBy: UPDATED_AT) {\n      nodes {\n        id\n        task\n        graphId\n        updatedAt\n        latestRun {\n          id\n          finishedAt\n        }\n      }\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n": types.WaitingSessionsDocument,
    "\n  query GraphOfSession($id: ID!) {\n    session(id: $id) {\n      id\n      graph {\n        id\n        inputSchema\n      }\n    }\n  }\n": types.GraphOfSessionDocument,
    "\n  query StartableGraphs {\n    graphs {\n      id\n      description\n      inputSchema\n    }\n  }\n": types.StartableGraphsDocument,
    "\n  mutation StartSession($input: StartSessionInput!) {\n    startSession(input: $input) {\n      session {\n        id\n        status\n      }\n    }\n  }\n": types.StartSessionDocument,
    "\n  fragment QuestionFields on Interrupt {\n    id\n    interruptId\n    value\n    responseSchema\n    node\n    namespace\n  }\n": types.QuestionFieldsFragmentDoc,
    "\n  fragment StepFields on Checkpoint {\n    id\n    checkpointId\n    parentCheckpointId\n    step\n    source\n    createdAt\n    runId\n    next\n    changedKeys\n  }\n": types.StepFieldsFragmentDoc,
    "\n  fragment RunFields on Run {\n    id\n    kind\n    status\n    attempt\n    createdAt\n    startedAt\n    finishedAt\n    error {\n      code\n      message\n      node\n    }\n  }\n": types.RunFieldsFragmentDoc,
    "\n  query SessionPage($id: ID!, $checkpointId: ID!, $isAt: Boolean!) {\n    session(id: $id) {\n      id\n      graphId\n      task\n      status\n      metadata\n      createdAt\n      expiresAt\n      next\n      missingNodes\n      cursor\n      namespaces\n      values\n      interrupts {\n        ...QuestionFields\n      }\n      graph {\n        id\n        nodes\n        stateSchema\n        drawing(xray: true) {\n          nodes {\n            id\n            name\n          }\n          edges {\n            source\n            target\n            label\n            conditional\n          }\n        }\n      }\n      checkpoint {\n        id\n        checkpointId\n      }\n      checkpoints(first: 50) {\n        nodes {\n          ...StepFields\n        }\n        pageInfo {\n          hasNextPage\n          endCursor\n        }\n      }\n      runs(first: 20) {\n        nodes {\n          ...RunFields\n        }\n        pageInfo {\n          hasNextPage\n          endCursor\n        }\n      }\n      forkedFrom {\n        sessionId\n        checkpointId\n      }\n    }\n    checkpoint(sessionId: $id, checkpointId: $checkpointId) @include(if: $isAt) {\n      ...StepFields\n      values\n      interrupts {\n        ...QuestionFields\n      }\n    }\n  }\n": types.SessionPageDocument,
    "\n  subscription SessionFeed($sessionId: ID!, $after: String, $untilSettled: Boolean!) {\n    sessionProgress(sessionId: $sessionId, after: $after, untilSettled: $untilSettled) {\n      __typename\n      sequence\n      cursor\n      runId\n      at\n      ... on RunStatusChanged {\n        run {\n          id\n          kind\n        }\n        status\n        sessionStatus\n        attempt\n        error {\n          code\n          message\n          node\n        }\n      }\n      ... on CheckpointSaved {\n        namespace\n        step\n        source\n        next\n        changedKeys\n        checkpointId\n      }\n      ... on NodeStarted {\n        namespace\n        node\n      }\n      ... on NodeFinished {\n        namespace\n        node\n        error {\n          code\n          message\n          node\n        }\n      }\n      ... on InterruptsRaised {\n        interrupts {\n          ...QuestionFields\n        }\n      }\n      ... on MessageDelta {\n        node\n        messageId\n        offset\n        text\n      }\n      ... on CustomProgress {\n        node\n        payload\n      }\n    }\n  }\n": types.SessionFeedDocument,
    "\n  query NewestCursor($sessionId: ID!) {\n    session(id: $sessionId) {\n      id\n      cursor\n    }\n  }\n": types.NewestCursorDocument,
    "\n  query OlderSteps($id: ID!, $steps: String, $runs: String, $asksRuns: Boolean!) {\n    session(id: $id) {\n      id\n      checkpoints(first: 100, after: $steps) {\n        nodes {\n          ...StepFields\n        }\n        pageInfo {\n          hasNextPage\n          endCursor\n        }\n      }\n      runs(first: 50, after: $runs) @include(if: $asksRuns) {\n        nodes {\n          ...RunFields\n        }\n        pageInfo {\n          hasNextPage\n          endCursor\n        }\n      }\n    }\n  }\n": types.OlderStepsDocument,
    "\n  query CurrentState($id: ID!) {\n    session(id: $id) {\n      id\n      values\n      next\n      checkpoint {\n        id\n        checkpointId\n      }\n    }\n  }\n": types.CurrentStateDocument,
    "\n  query CheckpointState($id: ID!, $checkpointId: ID!, $namespace: String) {\n    checkpoint(sessionId: $id, checkpointId: $checkpointId, namespace: $namespace) {\n      ...StepFields\n      values\n      interrupts {\n        ...QuestionFields\n      }\n    }\n  }\n": types.CheckpointStateDocument,
    "\n  query SubgraphSteps($id: ID!, $namespace: String!, $after: String) {\n    session(id: $id) {\n      id\n      namespaces\n      checkpoints(first: 100, after: $after, filter: { namespace: $namespace }) {\n        nodes {\n          ...StepFields\n        }\n        pageInfo {\n          hasNextPage\n          endCursor\n        }\n      }\n    }\n  }\n": types.SubgraphStepsDocument,
    "\n  mutation ResumeSession($input: ResumeSessionInput!) {\n    resumeSession(input: $input) {\n      session {\n        id\n        status\n      }\n      run {\n        id\n      }\n    }\n  }\n": types.ResumeSessionDocument,
    "\n  mutation ForkSession($input: ForkSessionInput!) {\n    forkSession(input: $input) {\n      session {\n        id\n        status\n      }\n    }\n  }\n": types.ForkSessionDocument,
    "\n  mutation EditState($input: UpdateSessionStateInput!) {\n    updateSessionState(input: $input) {\n      session {\n        id\n        status\n      }\n      checkpoint {\n        id\n        checkpointId\n      }\n    }\n  }\n": types.EditStateDocument,
    "\n  mutation CancelSession($input: CancelSessionInput!) {\n    cancelSession(input: $input) {\n      session {\n        id\n        status\n      }\n    }\n  }\n": types.CancelSessionDocument,
    "\n  mutation DeleteSession($input: DeleteSessionInput!) {\n    deleteSession(input: $input) {\n      deletedSessionId\n    }\n  }\n": types.DeleteSessionDocument,
    "\n  query TreePage($id: ID!) {\n    session(id: $id) {\n      id\n      checkpoint {\n        id\n        checkpointId\n      }\n      checkpoints(first: 100) {\n        nodes {\n          ...StepFields\n        }\n        pageInfo {\n          hasNextPage\n          endCursor\n        }\n      }\n      forkedFrom {\n        sessionId\n        checkpointId\n        session {\n          id\n          graphId\n          task\n          status\n          forkedFrom {\n            sessionId\n            checkpointId\n            session {\n              id\n              graphId\n              task\n              status\n            }\n          }\n          forks(first: 20) {\n            nodes {\n              id\n              graphId\n              task\n              status\n            }\n          }\n        }\n      }\n      forks(first: 20) {\n        pageInfo {\n          hasNextPage\n        }\n        nodes {\n          id\n          graphId\n          task\n          status\n          forkedFrom {\n            sessionId\n            checkpointId\n          }\n          forks(first: 5) {\n            nodes {\n              id\n              graphId\n              task\n              status\n            }\n          }\n        }\n      }\n    }\n  }\n": types.TreePageDocument,
    "\n  query SessionList($first: Int, $after: String, $filter: SessionFilter, $orderBy: SessionOrder!) {\n    sessions(first: $first, after: $after, filter: $filter, orderBy: $orderBy) {\n      nodes {\n        id\n        task\n        status\n        graphId\n        createdAt\n        updatedAt\n        checkpoint {\n          id\n          step\n        }\n        latestRun {\n          id\n          finishedAt\n        }\n      }\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n": types.SessionListDocument,
    "\n  query GraphNames {\n    graphs {\n      id\n    }\n  }\n": types.GraphNamesDocument,
};

/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query ComparedSession($id: ID!) {\n    session(id: $id) {\n      id\n      task\n      status\n      graphId\n      next\n      values\n      forkedFrom {\n        sessionId\n        checkpointId\n      }\n      checkpoints(first: 50) {\n        nodes {\n          ...StepFields\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').ComparedSessionDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Comparable($id: ID!) {\n    session(id: $id) {\n      id\n      forkedFrom {\n        sessionId\n        checkpointId\n        session {\n          id\n          graphId\n          task\n          forks(first: 50) {\n            nodes {\n              id\n              graphId\n              task\n            }\n          }\n        }\n      }\n      forks(first: 50) {\n        nodes {\n          id\n          graphId\n          task\n        }\n      }\n    }\n    sessions(first: 50) {\n      nodes {\n        id\n        graphId\n        task\n      }\n    }\n  }\n"): typeof import('./graphql.ts').ComparableDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query OpenQuestions($id: ID!) {\n    session(id: $id) {\n      id\n      status\n      next\n      interrupts {\n        ...QuestionFields\n      }\n      latestRun {\n        id\n      }\n    }\n  }\n"): typeof import('./graphql.ts').OpenQuestionsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query WaitingSessions($after: String) {\n    sessions(first: 100, after: $after, filter: { status: [INTERRUPTED] }, orderBy: UPDATED_AT) {\n      nodes {\n        id\n        task\n        graphId\n        updatedAt\n        latestRun {\n          id\n          finishedAt\n        }\n      }\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n"): typeof import('./graphql.ts').WaitingSessionsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query GraphOfSession($id: ID!) {\n    session(id: $id) {\n      id\n      graph {\n        id\n        inputSchema\n      }\n    }\n  }\n"): typeof import('./graphql.ts').GraphOfSessionDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query StartableGraphs {\n    graphs {\n      id\n      description\n      inputSchema\n    }\n  }\n"): typeof import('./graphql.ts').StartableGraphsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation StartSession($input: StartSessionInput!) {\n    startSession(input: $input) {\n      session {\n        id\n        status\n      }\n    }\n  }\n"): typeof import('./graphql.ts').StartSessionDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  fragment QuestionFields on Interrupt {\n    id\n    interruptId\n    value\n    responseSchema\n    node\n    namespace\n  }\n"): typeof import('./graphql.ts').QuestionFieldsFragmentDoc;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  fragment StepFields on Checkpoint {\n    id\n    checkpointId\n    parentCheckpointId\n    step\n    source\n    createdAt\n    runId\n    next\n    changedKeys\n  }\n"): typeof import('./graphql.ts').StepFieldsFragmentDoc;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  fragment RunFields on Run {\n    id\n    kind\n    status\n    attempt\n    createdAt\n    startedAt\n    finishedAt\n    error {\n      code\n      message\n      node\n    }\n  }\n"): typeof import('./graphql.ts').RunFieldsFragmentDoc;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query SessionPage($id: ID!, $checkpointId: ID!, $isAt: Boolean!) {\n    session(id: $id) {\n      id\n      graphId\n      task\n      status\n      metadata\n      createdAt\n      expiresAt\n      next\n      missingNodes\n      cursor\n      namespaces\n      values\n      interrupts {\n        ...QuestionFields\n      }\n      graph {\n        id\n        nodes\n        stateSchema\n        drawing(xray: true) {\n          nodes {\n            id\n            name\n          }\n          edges {\n            source\n            target\n            label\n            conditional\n          }\n        }\n      }\n      checkpoint {\n        id\n        checkpointId\n      }\n      checkpoints(first: 50) {\n        nodes {\n          ...StepFields\n        }\n        pageInfo {\n          hasNextPage\n          endCursor\n        }\n      }\n      runs(first: 20) {\n        nodes {\n          ...RunFields\n        }\n        pageInfo {\n          hasNextPage\n          endCursor\n        }\n      }\n      forkedFrom {\n        sessionId\n        checkpointId\n      }\n    }\n    checkpoint(sessionId: $id, checkpointId: $checkpointId) @include(if: $isAt) {\n      ...StepFields\n      values\n      interrupts {\n        ...QuestionFields\n      }\n    }\n  }\n"): typeof import('./graphql.ts').SessionPageDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  subscription SessionFeed($sessionId: ID!, $after: String, $untilSettled: Boolean!) {\n    sessionProgress(sessionId: $sessionId, after: $after, untilSettled: $untilSettled) {\n      __typename\n      sequence\n      cursor\n      runId\n      at\n      ... on RunStatusChanged {\n        run {\n          id\n          kind\n        }\n        status\n        sessionStatus\n        attempt\n        error {\n          code\n          message\n          node\n        }\n      }\n      ... on CheckpointSaved {\n        namespace\n        step\n        source\n        next\n        changedKeys\n        checkpointId\n      }\n      ... on NodeStarted {\n        namespace\n        node\n      }\n      ... on NodeFinished {\n        namespace\n        node\n        error {\n          code\n          message\n          node\n        }\n      }\n      ... on InterruptsRaised {\n        interrupts {\n          ...QuestionFields\n        }\n      }\n      ... on MessageDelta {\n        node\n        messageId\n        offset\n        text\n      }\n      ... on CustomProgress {\n        node\n        payload\n      }\n    }\n  }\n"): typeof import('./graphql.ts').SessionFeedDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query NewestCursor($sessionId: ID!) {\n    session(id: $sessionId) {\n      id\n      cursor\n    }\n  }\n"): typeof import('./graphql.ts').NewestCursorDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query OlderSteps($id: ID!, $steps: String, $runs: String, $asksRuns: Boolean!) {\n    session(id: $id) {\n      id\n      checkpoints(first: 100, after: $steps) {\n        nodes {\n          ...StepFields\n        }\n        pageInfo {\n          hasNextPage\n          endCursor\n        }\n      }\n      runs(first: 50, after: $runs) @include(if: $asksRuns) {\n        nodes {\n          ...RunFields\n        }\n        pageInfo {\n          hasNextPage\n          endCursor\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').OlderStepsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query CurrentState($id: ID!) {\n    session(id: $id) {\n      id\n      values\n      next\n      checkpoint {\n        id\n        checkpointId\n      }\n    }\n  }\n"): typeof import('./graphql.ts').CurrentStateDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query CheckpointState($id: ID!, $checkpointId: ID!, $namespace: String) {\n    checkpoint(sessionId: $id, checkpointId: $checkpointId, namespace: $namespace) {\n      ...StepFields\n      values\n      interrupts {\n        ...QuestionFields\n      }\n    }\n  }\n"): typeof import('./graphql.ts').CheckpointStateDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query SubgraphSteps($id: ID!, $namespace: String!, $after: String) {\n    session(id: $id) {\n      id\n      namespaces\n      checkpoints(first: 100, after: $after, filter: { namespace: $namespace }) {\n        nodes {\n          ...StepFields\n        }\n        pageInfo {\n          hasNextPage\n          endCursor\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').SubgraphStepsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation ResumeSession($input: ResumeSessionInput!) {\n    resumeSession(input: $input) {\n      session {\n        id\n        status\n      }\n      run {\n        id\n      }\n    }\n  }\n"): typeof import('./graphql.ts').ResumeSessionDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation ForkSession($input: ForkSessionInput!) {\n    forkSession(input: $input) {\n      session {\n        id\n        status\n      }\n    }\n  }\n"): typeof import('./graphql.ts').ForkSessionDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation EditState($input: UpdateSessionStateInput!) {\n    updateSessionState(input: $input) {\n      session {\n        id\n        status\n      }\n      checkpoint {\n        id\n        checkpointId\n      }\n    }\n  }\n"): typeof import('./graphql.ts').EditStateDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation CancelSession($input: CancelSessionInput!) {\n    cancelSession(input: $input) {\n      session {\n        id\n        status\n      }\n    }\n  }\n"): typeof import('./graphql.ts').CancelSessionDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation DeleteSession($input: DeleteSessionInput!) {\n    deleteSession(input: $input) {\n      deletedSessionId\n    }\n  }\n"): typeof import('./graphql.ts').DeleteSessionDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query TreePage($id: ID!) {\n    session(id: $id) {\n      id\n      checkpoint {\n        id\n        checkpointId\n      }\n      checkpoints(first: 100) {\n        nodes {\n          ...StepFields\n        }\n        pageInfo {\n          hasNextPage\n          endCursor\n        }\n      }\n      forkedFrom {\n        sessionId\n        checkpointId\n        session {\n          id\n          graphId\n          task\n          status\n          forkedFrom {\n            sessionId\n            checkpointId\n            session {\n              id\n              graphId\n              task\n              status\n            }\n          }\n          forks(first: 20) {\n            nodes {\n              id\n              graphId\n              task\n              status\n            }\n          }\n        }\n      }\n      forks(first: 20) {\n        pageInfo {\n          hasNextPage\n        }\n        nodes {\n          id\n          graphId\n          task\n          status\n          forkedFrom {\n            sessionId\n            checkpointId\n          }\n          forks(first: 5) {\n            nodes {\n              id\n              graphId\n              task\n              status\n            }\n          }\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').TreePageDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query SessionList($first: Int, $after: String, $filter: SessionFilter, $orderBy: SessionOrder!) {\n    sessions(first: $first, after: $after, filter: $filter, orderBy: $orderBy) {\n      nodes {\n        id\n        task\n        status\n        graphId\n        createdAt\n        updatedAt\n        checkpoint {\n          id\n          step\n        }\n        latestRun {\n          id\n          finishedAt\n        }\n      }\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n"): typeof import('./graphql.ts').SessionListDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query GraphNames {\n    graphs {\n      id\n    }\n  }\n"): typeof import('./graphql.ts').GraphNamesDocument;


export function graphql(source: string) {
  return (documents as any)[source] ?? {};
}
