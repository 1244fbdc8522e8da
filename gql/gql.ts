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
    "\n  mutation DemoStart($input: StartSessionInput!) {\n    startSession(input: $input) {\n      session {\n        id\n        cursor\n      }\n    }\n  }\n": typeof types.DemoStartDocument,
    "\n  fragment DemoEvent on ProgressEvent {\n    __typename\n    ... on NodeFinished {\n      node\n    }\n    ... on CustomProgress {\n      payload\n    }\n    ... on RunStatusChanged {\n      status\n      error {\n        message\n      }\n    }\n    ... on InterruptsRaised {\n      interrupts {\n        interruptId\n        question {\n          ... on RepoAuditPublishQuestion {\n            question\n          }\n        }\n      }\n    }\n  }\n": typeof types.DemoEventFragmentDoc,
    "\n  mutation DemoAnswer($id: ID!, $interruptId: ID!, $answer: AnswerValue!) {\n    resumeSession(\n      input: { sessionId: $id, answers: [{ interruptId: $interruptId, answer: $answer }] }\n    ) {\n      run {\n        id\n      }\n    }\n  }\n": typeof types.DemoAnswerDocument,
    "\n  query DemoReport($id: ID!) {\n    session(id: $id) {\n      status\n      state {\n        ... on RepoAuditState {\n          report\n        }\n      }\n    }\n  }\n": typeof types.DemoReportDocument,
    "\n  mutation LiveStart {\n    startSession(input: { graph: { repoAudit: { path: \".\" } } }) {\n      session {\n        id\n        cursor\n      }\n    }\n  }\n": typeof types.LiveStartDocument,
    "\n  mutation LiveAnswer($id: ID!, $interruptId: ID!, $answer: AnswerValue!) {\n    resumeSession(\n      input: { sessionId: $id, answers: [{ interruptId: $interruptId, answer: $answer }] }\n    ) {\n      run {\n        id\n      }\n    }\n  }\n": typeof types.LiveAnswerDocument,
    "\n  query LiveReport($id: ID!) {\n    session(id: $id) {\n      state {\n        ... on RepoAuditState {\n          report\n        }\n      }\n    }\n  }\n": typeof types.LiveReportDocument,
    "\n  fragment LiveEvent on ProgressEvent {\n    __typename\n    ... on NodeFinished {\n      node\n    }\n    ... on CheckpointSaved {\n      step\n      next\n    }\n    ... on CustomProgress {\n      payload\n    }\n    ... on RunStatusChanged {\n      status\n      error {\n        message\n      }\n    }\n    ... on InterruptsRaised {\n      interrupts {\n        interruptId\n        question {\n          ... on RepoAuditPublishQuestion {\n            question\n            report\n          }\n        }\n      }\n    }\n  }\n": typeof types.LiveEventFragmentDoc,
    "mutation AuditStart($audit: RepoAuditInput!) {\n  startSession(input: {graph: {repoAudit: $audit}}) {\n    session {\n      id\n    }\n  }\n}\n\nquery AuditSettled($id: ID!) {\n  awaitSession(id: $id, timeoutSeconds: 60) {\n    status\n    interrupts {\n      interruptId\n      question {\n        __typename\n        ... on RepoAuditPublishQuestion {\n          question\n          folders\n        }\n      }\n    }\n    state {\n      __typename\n      ... on RepoAuditState {\n        report\n        audits {\n          folder\n          findings {\n            file\n            line\n            note\n          }\n        }\n      }\n    }\n  }\n}\n\nmutation AuditAnswer($id: ID!, $interruptId: ID!, $answer: RepoAuditPublishAnswerInput!) {\n  resumeSession(\n    input: {sessionId: $id, answers: [{interruptId: $interruptId, answer: {repoAuditPublish: $answer}}]}\n  ) {\n    run {\n      id\n    }\n  }\n}": typeof types.AuditStartDocument,
    "\n  subscription DefaultEvents($sessionId: ID!) {\n    sessionProgress(sessionId: $sessionId) {\n      __typename\n      sequence\n      cursor\n      sessionId\n      runId\n      at\n      ... on SessionSnapshot {\n        session {\n          status\n          next\n        }\n      }\n      ... on ProgressGap {\n        requestedAfter\n      }\n      ... on RunStatusChanged {\n        status\n        sessionStatus\n        attempt\n        error {\n          code\n          message\n          node\n        }\n      }\n      ... on CheckpointSaved {\n        namespace\n        step\n        source\n        next\n        changedKeys\n        checkpointId\n      }\n      ... on NodeStarted {\n        namespace\n        node\n      }\n      ... on NodeFinished {\n        namespace\n        node\n        error {\n          code\n          message\n          node\n        }\n      }\n      ... on InterruptsRaised {\n        interrupts {\n          interruptId\n          value\n          responseSchema\n          node\n          namespace\n        }\n      }\n      ... on MessageDelta {\n        namespace\n        node\n        messageId\n        role\n        offset\n        text\n      }\n      ... on CustomProgress {\n        namespace\n        node\n        payload\n      }\n    }\n  }\n": typeof types.DefaultEventsDocument,
    "\n  fragment WatchedStep on ProgressEvent {\n    __typename\n    ... on CheckpointSaved {\n      step\n    }\n  }\n": typeof types.WatchedStepFragmentDoc,
    "\n  mutation Start($input: StartSessionInput!) {\n    startSession(input: $input) {\n      session {\n        id\n        status\n        cursor\n        expiresAt\n      }\n      run {\n        id\n        kind\n        status\n        attempt\n      }\n    }\n  }\n": typeof types.StartDocument,
    "\n  mutation Resume($input: ResumeSessionInput!) {\n    resumeSession(input: $input) {\n      session {\n        id\n        status\n      }\n      run {\n        id\n        kind\n        status\n        input\n      }\n    }\n  }\n": typeof types.ResumeDocument,
    "\n  query Await($id: ID!, $timeoutSeconds: Int!) {\n    awaitSession(id: $id, timeoutSeconds: $timeoutSeconds) {\n      ...State\n    }\n  }\n\n  fragment State on Session {\n    id\n    status\n    task\n    metadata\n    next\n    values\n    cursor\n    expiresAt\n    namespaces\n    interrupts {\n      id\n      interruptId\n      value\n      node\n      namespace\n    }\n    checkpoint {\n      checkpointId\n      step\n      source\n    }\n    latestRun {\n      id\n      kind\n      status\n      attempt\n      error {\n        code\n        message\n        node\n        causes {\n          code\n          message\n          node\n        }\n      }\n    }\n  }\n": typeof types.AwaitDocument,
    "\n  query Look($id: ID!) {\n    session(id: $id) {\n      ...State\n    }\n  }\n": typeof types.LookDocument,
    "\n  query History($id: ID!, $first: Int, $after: String, $filter: CheckpointFilter) {\n    checkpoints(sessionId: $id, first: $first, after: $after, filter: $filter) {\n      nodes {\n        id\n        checkpointId\n        parentCheckpointId\n        namespace\n        step\n        source\n        next\n        values\n        only: values(keys: [\"trail\"])\n        changedKeys\n        createdAt\n        metadata\n        runId\n        interrupts {\n          interruptId\n        }\n      }\n      edges {\n        cursor\n      }\n      pageInfo {\n        hasNextPage\n        hasPreviousPage\n        startCursor\n        endCursor\n      }\n    }\n  }\n": typeof types.HistoryDocument,
    "\n  query Runs($id: ID!, $first: Int, $after: String, $status: [RunStatus!]) {\n    session(id: $id) {\n      runs(first: $first, after: $after, status: $status) {\n        nodes {\n          id\n          kind\n          status\n          input\n          attempt\n        }\n        pageInfo {\n          hasNextPage\n          endCursor\n        }\n      }\n    }\n  }\n": typeof types.RunsDocument,
    "\n  query Sessions($first: Int, $after: String, $filter: SessionFilter, $orderBy: SessionOrder) {\n    sessions(first: $first, after: $after, filter: $filter, orderBy: $orderBy) {\n      nodes {\n        id\n        status\n        metadata\n      }\n      pageInfo {\n        hasNextPage\n        hasPreviousPage\n        endCursor\n      }\n    }\n  }\n": typeof types.SessionsDocument,
    "\n  subscription Saved($id: ID!, $after: String!) {\n    sessionProgress(sessionId: $id, after: $after, untilSettled: true) {\n      ... on CheckpointSaved {\n        checkpointId\n        checkpoint {\n          checkpointId\n          values\n        }\n      }\n    }\n  }\n": typeof types.SavedDocument,
    "\n  mutation Fork($input: ForkSessionInput!) {\n    forkSession(input: $input) {\n      session {\n        ...State\n        forkedFrom {\n          sessionId\n          checkpointId\n          session {\n            id\n          }\n        }\n      }\n    }\n  }\n": typeof types.ForkDocument,
    "\n  mutation Edit($input: UpdateSessionStateInput!) {\n    updateSessionState(input: $input) {\n      session {\n        ...State\n      }\n      checkpoint {\n        checkpointId\n        source\n        step\n        changedKeys\n      }\n    }\n  }\n": typeof types.EditDocument,
    "\n  mutation Update($input: UpdateSessionInput!) {\n    updateSession(input: $input) {\n      session {\n        ...State\n      }\n    }\n  }\n": typeof types.UpdateDocument,
    "\n  mutation Cancel($id: ID!) {\n    cancelSession(input: { sessionId: $id }) {\n      session {\n        ...State\n      }\n      run {\n        id\n        status\n      }\n    }\n  }\n": typeof types.CancelDocument,
    "\n  mutation Delete($id: ID!) {\n    deleteSession(input: { sessionId: $id }) {\n      deletedSessionId\n    }\n  }\n": typeof types.DeleteDocument,
    "\n  mutation Extend($id: ID!, $ttlSeconds: Int) {\n    extendSession(input: { sessionId: $id, ttlSeconds: $ttlSeconds }) {\n      session {\n        id\n        expiresAt\n      }\n    }\n  }\n": typeof types.ExtendDocument,
    "\n  subscription Watch($id: ID!, $after: String, $untilSettled: Boolean!) {\n    sessionProgress(sessionId: $id, after: $after, untilSettled: $untilSettled) {\n      type: __typename\n      sequence\n      cursor\n      at\n      runId\n      ... on SessionSnapshot {\n        session {\n          status\n          next\n        }\n      }\n      ... on ProgressGap {\n        requestedAfter\n      }\n      ... on RunStatusChanged {\n        status\n        sessionStatus\n        attempt\n        error {\n          code\n          message\n          node\n          causes {\n            code\n            message\n            node\n          }\n        }\n      }\n      ... on CheckpointSaved {\n        namespace\n        step\n        source\n        next\n        changedKeys\n        checkpointId\n      }\n      ... on NodeStarted {\n        namespace\n        node\n      }\n      ... on NodeFinished {\n        namespace\n        node\n        error {\n          code\n          message\n        }\n      }\n      ... on CustomProgress {\n        node\n        payload\n      }\n      ... on MessageDelta {\n        namespace\n        node\n        messageId\n        offset\n        text\n      }\n      ... on InterruptsRaised {\n        interrupts {\n          interruptId\n          value\n        }\n      }\n    }\n  }\n": typeof types.WatchDocument,
    "\n  query Graphs {\n    graphs {\n      id\n      description\n      nodes\n      mermaid\n      inputSchema\n      stateSchema\n    }\n  }\n": typeof types.GraphsDocument,
    "\n  query RunOptions($id: ID!) {\n    run(id: $id) {\n      metadata\n      tags\n    }\n  }\n": typeof types.RunOptionsDocument,
    "\n  query Schemas {\n    graphs {\n      id\n      inputSchema\n      stateSchema\n      outputSchema\n      contextSchema\n    }\n  }\n": typeof types.SchemasDocument,
    "\n  mutation CancelRun($id: ID!) {\n    cancelRun(input: { runId: $id }) {\n      session {\n        ...State\n      }\n      run {\n        id\n        status\n      }\n    }\n  }\n": typeof types.CancelRunDocument,
    "\n  query StoreItem($namespace: [String!]!, $key: String!) {\n    storeItem(namespace: $namespace, key: $key) {\n      namespace\n      key\n      value\n      createdAt\n      updatedAt\n    }\n  }\n": typeof types.StoreItemDocument,
    "\n  query StoreItems(\n    $prefix: [String!]!\n    $filter: JSON\n    $query: String\n    $first: Int\n    $after: String\n  ) {\n    storeItems(\n      namespacePrefix: $prefix\n      filter: $filter\n      query: $query\n      first: $first\n      after: $after\n    ) {\n      nodes {\n        namespace\n        key\n        value\n        score\n      }\n      pageInfo {\n        hasNextPage\n        hasPreviousPage\n        endCursor\n      }\n    }\n  }\n": typeof types.StoreItemsDocument,
    "\n  query StoreNamespaces(\n    $prefix: [String!]\n    $suffix: [String!]\n    $maxDepth: Int\n    $first: Int\n    $after: String\n  ) {\n    storeNamespaces(\n      prefix: $prefix\n      suffix: $suffix\n      maxDepth: $maxDepth\n      first: $first\n      after: $after\n    ) {\n      nodes\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n": typeof types.StoreNamespacesDocument,
    "\n  mutation PutStoreItem($input: PutStoreItemInput!) {\n    putStoreItem(input: $input) {\n      item {\n        namespace\n        key\n        value\n        createdAt\n        updatedAt\n        score\n      }\n    }\n  }\n": typeof types.PutStoreItemDocument,
    "\n  mutation DeleteStoreItem($input: DeleteStoreItemInput!) {\n    deleteStoreItem(input: $input) {\n      deletedNamespace\n      deletedKey\n    }\n  }\n": typeof types.DeleteStoreItemDocument,
};
const documents: Documents = {
    "\n  mutation DemoStart($input: StartSessionInput!) {\n    startSession(input: $input) {\n      session {\n        id\n        cursor\n      }\n    }\n  }\n": types.DemoStartDocument,
    "\n  fragment DemoEvent on ProgressEvent {\n    __typename\n    ... on NodeFinished {\n      node\n    }\n    ... on CustomProgress {\n      payload\n    }\n    ... on RunStatusChanged {\n      status\n      error {\n        message\n      }\n    }\n    ... on InterruptsRaised {\n      interrupts {\n        interruptId\n        question {\n          ... on RepoAuditPublishQuestion {\n            question\n          }\n        }\n      }\n    }\n  }\n": types.DemoEventFragmentDoc,
    "\n  mutation DemoAnswer($id: ID!, $interruptId: ID!, $answer: AnswerValue!) {\n    resumeSession(\n      input: { sessionId: $id, answers: [{ interruptId: $interruptId, answer: $answer }] }\n    ) {\n      run {\n        id\n      }\n    }\n  }\n": types.DemoAnswerDocument,
    "\n  query DemoReport($id: ID!) {\n    session(id: $id) {\n      status\n      state {\n        ... on RepoAuditState {\n          report\n        }\n      }\n    }\n  }\n": types.DemoReportDocument,
    "\n  mutation LiveStart {\n    startSession(input: { graph: { repoAudit: { path: \".\" } } }) {\n      session {\n        id\n        cursor\n      }\n    }\n  }\n": types.LiveStartDocument,
    "\n  mutation LiveAnswer($id: ID!, $interruptId: ID!, $answer: AnswerValue!) {\n    resumeSession(\n      input: { sessionId: $id, answers: [{ interruptId: $interruptId, answer: $answer }] }\n    ) {\n      run {\n        id\n      }\n    }\n  }\n": types.LiveAnswerDocument,
    "\n  query LiveReport($id: ID!) {\n    session(id: $id) {\n      state {\n        ... on RepoAuditState {\n          report\n        }\n      }\n    }\n  }\n": types.LiveReportDocument,
    "\n  fragment LiveEvent on ProgressEvent {\n    __typename\n    ... on NodeFinished {\n      node\n    }\n    ... on CheckpointSaved {\n      step\n      next\n    }\n    ... on CustomProgress {\n      payload\n    }\n    ... on RunStatusChanged {\n      status\n      error {\n        message\n      }\n    }\n    ... on InterruptsRaised {\n      interrupts {\n        interruptId\n        question {\n          ... on RepoAuditPublishQuestion {\n            question\n            report\n          }\n        }\n      }\n    }\n  }\n": types.LiveEventFragmentDoc,
    "mutation AuditStart($audit: RepoAuditInput!) {\n  startSession(input: {graph: {repoAudit: $audit}}) {\n    session {\n      id\n    }\n  }\n}\n\nquery AuditSettled($id: ID!) {\n  awaitSession(id: $id, timeoutSeconds: 60) {\n    status\n    interrupts {\n      interruptId\n      question {\n        __typename\n        ... on RepoAuditPublishQuestion {\n          question\n          folders\n        }\n      }\n    }\n    state {\n      __typename\n      ... on RepoAuditState {\n        report\n        audits {\n          folder\n          findings {\n            file\n            line\n            note\n          }\n        }\n      }\n    }\n  }\n}\n\nmutation AuditAnswer($id: ID!, $interruptId: ID!, $answer: RepoAuditPublishAnswerInput!) {\n  resumeSession(\n    input: {sessionId: $id, answers: [{interruptId: $interruptId, answer: {repoAuditPublish: $answer}}]}\n  ) {\n    run {\n      id\n    }\n  }\n}": types.AuditStartDocument,
    "\n  subscription DefaultEvents($sessionId: ID!) {\n    sessionProgress(sessionId: $sessionId) {\n      __typename\n      sequence\n      cursor\n      sessionId\n      runId\n      at\n      ... on SessionSnapshot {\n        session {\n          status\n          next\n        }\n      }\n      ... on ProgressGap {\n        requestedAfter\n      }\n      ... on RunStatusChanged {\n        status\n        sessionStatus\n        attempt\n        error {\n          code\n          message\n          node\n        }\n      }\n      ... on CheckpointSaved {\n        namespace\n        step\n        source\n        next\n        changedKeys\n        checkpointId\n      }\n      ... on NodeStarted {\n        namespace\n        node\n      }\n      ... on NodeFinished {\n        namespace\n        node\n        error {\n          code\n          message\n          node\n        }\n      }\n      ... on InterruptsRaised {\n        interrupts {\n          interruptId\n          value\n          responseSchema\n          node\n          namespace\n        }\n      }\n      ... on MessageDelta {\n        namespace\n        node\n        messageId\n        role\n        offset\n        text\n      }\n      ... on CustomProgress {\n        namespace\n        node\n        payload\n      }\n    }\n  }\n": types.DefaultEventsDocument,
    "\n  fragment WatchedStep on ProgressEvent {\n    __typename\n    ... on CheckpointSaved {\n      step\n    }\n  }\n": types.WatchedStepFragmentDoc,
    "\n  mutation Start($input: StartSessionInput!) {\n    startSession(input: $input) {\n      session {\n        id\n        status\n        cursor\n        expiresAt\n      }\n      run {\n        id\n        kind\n        status\n        attempt\n      }\n    }\n  }\n": types.StartDocument,
    "\n  mutation Resume($input: ResumeSessionInput!) {\n    resumeSession(input: $input) {\n      session {\n        id\n        status\n      }\n      run {\n        id\n        kind\n        status\n        input\n      }\n    }\n  }\n": types.ResumeDocument,
    "\n  query Await($id: ID!, $timeoutSeconds: Int!) {\n    awaitSession(id: $id, timeoutSeconds: $timeoutSeconds) {\n      ...State\n    }\n  }\n\n  fragment State on Session {\n    id\n    status\n    task\n    metadata\n    next\n    values\n    cursor\n    expiresAt\n    namespaces\n    interrupts {\n      id\n      interruptId\n      value\n      node\n      namespace\n    }\n    checkpoint {\n      checkpointId\n      step\n      source\n    }\n    latestRun {\n      id\n      kind\n      status\n      attempt\n      error {\n        code\n        message\n        node\n        causes {\n          code\n          message\n          node\n        }\n      }\n    }\n  }\n": types.AwaitDocument,
    "\n  query Look($id: ID!) {\n    session(id: $id) {\n      ...State\n    }\n  }\n": types.LookDocument,
    "\n  query History($id: ID!, $first: Int, $after: String, $filter: CheckpointFilter) {\n    checkpoints(sessionId: $id, first: $first, after: $after, filter: $filter) {\n      nodes {\n        id\n        checkpointId\n        parentCheckpointId\n        namespace\n        step\n        source\n        next\n        values\n        only: values(keys: [\"trail\"])\n        changedKeys\n        createdAt\n        metadata\n        runId\n        interrupts {\n          interruptId\n        }\n      }\n      edges {\n        cursor\n      }\n      pageInfo {\n        hasNextPage\n        hasPreviousPage\n        startCursor\n        endCursor\n      }\n    }\n  }\n": types.HistoryDocument,
    "\n  query Runs($id: ID!, $first: Int, $after: String, $status: [RunStatus!]) {\n    session(id: $id) {\n      runs(first: $first, after: $after, status: $status) {\n        nodes {\n          id\n          kind\n          status\n          input\n          attempt\n        }\n        pageInfo {\n          hasNextPage\n          endCursor\n        }\n      }\n    }\n  }\n": types.RunsDocument,
    "\n  query Sessions($first: Int, $after: String, $filter: SessionFilter, $orderBy: SessionOrder) {\n    sessions(first: $first, after: $after, filter: $filter, orderBy: $orderBy) {\n      nodes {\n        id\n        status\n        metadata\n      }\n      pageInfo {\n        hasNextPage\n        hasPreviousPage\n        endCursor\n      }\n    }\n  }\n": types.SessionsDocument,
    "\n  subscription Saved($id: ID!, $after: String!) {\n    sessionProgress(sessionId: $id, after: $after, untilSettled: true) {\n      ... on CheckpointSaved {\n        checkpointId\n        checkpoint {\n          checkpointId\n          values\n        }\n      }\n    }\n  }\n": types.SavedDocument,
    "\n  mutation Fork($input: ForkSessionInput!) {\n    forkSession(input: $input) {\n      session {\n        ...State\n        forkedFrom {\n          sessionId\n          checkpointId\n          session {\n            id\n          }\n        }\n      }\n    }\n  }\n": types.ForkDocument,
    "\n  mutation Edit($input: UpdateSessionStateInput!) {\n    updateSessionState(input: $input) {\n      session {\n        ...State\n      }\n      checkpoint {\n        checkpointId\n        source\n        step\n        changedKeys\n      }\n    }\n  }\n": types.EditDocument,
    "\n  mutation Update($input: UpdateSessionInput!) {\n    updateSession(input: $input) {\n      session {\n        ...State\n      }\n    }\n  }\n": types.UpdateDocument,
    "\n  mutation Cancel($id: ID!) {\n    cancelSession(input: { sessionId: $id }) {\n      session {\n        ...State\n      }\n      run {\n        id\n        status\n      }\n    }\n  }\n": types.CancelDocument,
    "\n  mutation Delete($id: ID!) {\n    deleteSession(input: { sessionId: $id }) {\n      deletedSessionId\n    }\n  }\n": types.DeleteDocument,
    "\n  mutation Extend($id: ID!, $ttlSeconds: Int) {\n    extendSession(input: { sessionId: $id, ttlSeconds: $ttlSeconds }) {\n      session {\n        id\n        expiresAt\n      }\n    }\n  }\n": types.ExtendDocument,
    "\n  subscription Watch($id: ID!, $after: String, $untilSettled: Boolean!) {\n    sessionProgress(sessionId: $id, after: $after, untilSettled: $untilSettled) {\n      type: __typename\n      sequence\n      cursor\n      at\n      runId\n      ... on SessionSnapshot {\n        session {\n          status\n          next\n        }\n      }\n      ... on ProgressGap {\n        requestedAfter\n      }\n      ... on RunStatusChanged {\n        status\n        sessionStatus\n        attempt\n        error {\n          code\n          message\n          node\n          causes {\n            code\n            message\n            node\n          }\n        }\n      }\n      ... on CheckpointSaved {\n        namespace\n        step\n        source\n        next\n        changedKeys\n        checkpointId\n      }\n      ... on NodeStarted {\n        namespace\n        node\n      }\n      ... on NodeFinished {\n        namespace\n        node\n        error {\n          code\n          message\n        }\n      }\n      ... on CustomProgress {\n        node\n        payload\n      }\n      ... on MessageDelta {\n        namespace\n        node\n        messageId\n        offset\n        text\n      }\n      ... on InterruptsRaised {\n        interrupts {\n          interruptId\n          value\n        }\n      }\n    }\n  }\n": types.WatchDocument,
    "\n  query Graphs {\n    graphs {\n      id\n      description\n      nodes\n      mermaid\n      inputSchema\n      stateSchema\n    }\n  }\n": types.GraphsDocument,
    "\n  query RunOptions($id: ID!) {\n    run(id: $id) {\n      metadata\n      tags\n    }\n  }\n": types.RunOptionsDocument,
    "\n  query Schemas {\n    graphs {\n      id\n      inputSchema\n      stateSchema\n      outputSchema\n      contextSchema\n    }\n  }\n": types.SchemasDocument,
    "\n  mutation CancelRun($id: ID!) {\n    cancelRun(input: { runId: $id }) {\n      session {\n        ...State\n      }\n      run {\n        id\n        status\n      }\n    }\n  }\n": types.CancelRunDocument,
    "\n  query StoreItem($namespace: [String!]!, $key: String!) {\n    storeItem(namespace: $namespace, key: $key) {\n      namespace\n      key\n      value\n      createdAt\n      updatedAt\n    }\n  }\n": types.StoreItemDocument,
    "\n  query StoreItems(\n    $prefix: [String!]!\n    $filter: JSON\n    $query: String\n    $first: Int\n    $after: String\n  ) {\n    storeItems(\n      namespacePrefix: $prefix\n      filter: $filter\n      query: $query\n      first: $first\n      after: $after\n    ) {\n      nodes {\n        namespace\n        key\n        value\n        score\n      }\n      pageInfo {\n        hasNextPage\n        hasPreviousPage\n        endCursor\n      }\n    }\n  }\n": types.StoreItemsDocument,
    "\n  query StoreNamespaces(\n    $prefix: [String!]\n    $suffix: [String!]\n    $maxDepth: Int\n    $first: Int\n    $after: String\n  ) {\n    storeNamespaces(\n      prefix: $prefix\n      suffix: $suffix\n      maxDepth: $maxDepth\n      first: $first\n      after: $after\n    ) {\n      nodes\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n": types.StoreNamespacesDocument,
    "\n  mutation PutStoreItem($input: PutStoreItemInput!) {\n    putStoreItem(input: $input) {\n      item {\n        namespace\n        key\n        value\n        createdAt\n        updatedAt\n        score\n      }\n    }\n  }\n": types.PutStoreItemDocument,
    "\n  mutation DeleteStoreItem($input: DeleteStoreItemInput!) {\n    deleteStoreItem(input: $input) {\n      deletedNamespace\n      deletedKey\n    }\n  }\n": types.DeleteStoreItemDocument,
};

/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation DemoStart($input: StartSessionInput!) {\n    startSession(input: $input) {\n      session {\n        id\n        cursor\n      }\n    }\n  }\n"): typeof import('./graphql.ts').DemoStartDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  fragment DemoEvent on ProgressEvent {\n    __typename\n    ... on NodeFinished {\n      node\n    }\n    ... on CustomProgress {\n      payload\n    }\n    ... on RunStatusChanged {\n      status\n      error {\n        message\n      }\n    }\n    ... on InterruptsRaised {\n      interrupts {\n        interruptId\n        question {\n          ... on RepoAuditPublishQuestion {\n            question\n          }\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').DemoEventFragmentDoc;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation DemoAnswer($id: ID!, $interruptId: ID!, $answer: AnswerValue!) {\n    resumeSession(\n      input: { sessionId: $id, answers: [{ interruptId: $interruptId, answer: $answer }] }\n    ) {\n      run {\n        id\n      }\n    }\n  }\n"): typeof import('./graphql.ts').DemoAnswerDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query DemoReport($id: ID!) {\n    session(id: $id) {\n      status\n      state {\n        ... on RepoAuditState {\n          report\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').DemoReportDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation LiveStart {\n    startSession(input: { graph: { repoAudit: { path: \".\" } } }) {\n      session {\n        id\n        cursor\n      }\n    }\n  }\n"): typeof import('./graphql.ts').LiveStartDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation LiveAnswer($id: ID!, $interruptId: ID!, $answer: AnswerValue!) {\n    resumeSession(\n      input: { sessionId: $id, answers: [{ interruptId: $interruptId, answer: $answer }] }\n    ) {\n      run {\n        id\n      }\n    }\n  }\n"): typeof import('./graphql.ts').LiveAnswerDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query LiveReport($id: ID!) {\n    session(id: $id) {\n      state {\n        ... on RepoAuditState {\n          report\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').LiveReportDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  fragment LiveEvent on ProgressEvent {\n    __typename\n    ... on NodeFinished {\n      node\n    }\n    ... on CheckpointSaved {\n      step\n      next\n    }\n    ... on CustomProgress {\n      payload\n    }\n    ... on RunStatusChanged {\n      status\n      error {\n        message\n      }\n    }\n    ... on InterruptsRaised {\n      interrupts {\n        interruptId\n        question {\n          ... on RepoAuditPublishQuestion {\n            question\n            report\n          }\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').LiveEventFragmentDoc;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "mutation AuditStart($audit: RepoAuditInput!) {\n  startSession(input: {graph: {repoAudit: $audit}}) {\n    session {\n      id\n    }\n  }\n}\n\nquery AuditSettled($id: ID!) {\n  awaitSession(id: $id, timeoutSeconds: 60) {\n    status\n    interrupts {\n      interruptId\n      question {\n        __typename\n        ... on RepoAuditPublishQuestion {\n          question\n          folders\n        }\n      }\n    }\n    state {\n      __typename\n      ... on RepoAuditState {\n        report\n        audits {\n          folder\n          findings {\n            file\n            line\n            note\n          }\n        }\n      }\n    }\n  }\n}\n\nmutation AuditAnswer($id: ID!, $interruptId: ID!, $answer: RepoAuditPublishAnswerInput!) {\n  resumeSession(\n    input: {sessionId: $id, answers: [{interruptId: $interruptId, answer: {repoAuditPublish: $answer}}]}\n  ) {\n    run {\n      id\n    }\n  }\n}"): typeof import('./graphql.ts').AuditStartDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  subscription DefaultEvents($sessionId: ID!) {\n    sessionProgress(sessionId: $sessionId) {\n      __typename\n      sequence\n      cursor\n      sessionId\n      runId\n      at\n      ... on SessionSnapshot {\n        session {\n          status\n          next\n        }\n      }\n      ... on ProgressGap {\n        requestedAfter\n      }\n      ... on RunStatusChanged {\n        status\n        sessionStatus\n        attempt\n        error {\n          code\n          message\n          node\n        }\n      }\n      ... on CheckpointSaved {\n        namespace\n        step\n        source\n        next\n        changedKeys\n        checkpointId\n      }\n      ... on NodeStarted {\n        namespace\n        node\n      }\n      ... on NodeFinished {\n        namespace\n        node\n        error {\n          code\n          message\n          node\n        }\n      }\n      ... on InterruptsRaised {\n        interrupts {\n          interruptId\n          value\n          responseSchema\n          node\n          namespace\n        }\n      }\n      ... on MessageDelta {\n        namespace\n        node\n        messageId\n        role\n        offset\n        text\n      }\n      ... on CustomProgress {\n        namespace\n        node\n        payload\n      }\n    }\n  }\n"): typeof import('./graphql.ts').DefaultEventsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  fragment WatchedStep on ProgressEvent {\n    __typename\n    ... on CheckpointSaved {\n      step\n    }\n  }\n"): typeof import('./graphql.ts').WatchedStepFragmentDoc;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation Start($input: StartSessionInput!) {\n    startSession(input: $input) {\n      session {\n        id\n        status\n        cursor\n        expiresAt\n      }\n      run {\n        id\n        kind\n        status\n        attempt\n      }\n    }\n  }\n"): typeof import('./graphql.ts').StartDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation Resume($input: ResumeSessionInput!) {\n    resumeSession(input: $input) {\n      session {\n        id\n        status\n      }\n      run {\n        id\n        kind\n        status\n        input\n      }\n    }\n  }\n"): typeof import('./graphql.ts').ResumeDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Await($id: ID!, $timeoutSeconds: Int!) {\n    awaitSession(id: $id, timeoutSeconds: $timeoutSeconds) {\n      ...State\n    }\n  }\n\n  fragment State on Session {\n    id\n    status\n    task\n    metadata\n    next\n    values\n    cursor\n    expiresAt\n    namespaces\n    interrupts {\n      id\n      interruptId\n      value\n      node\n      namespace\n    }\n    checkpoint {\n      checkpointId\n      step\n      source\n    }\n    latestRun {\n      id\n      kind\n      status\n      attempt\n      error {\n        code\n        message\n        node\n        causes {\n          code\n          message\n          node\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').AwaitDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Look($id: ID!) {\n    session(id: $id) {\n      ...State\n    }\n  }\n"): typeof import('./graphql.ts').LookDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query History($id: ID!, $first: Int, $after: String, $filter: CheckpointFilter) {\n    checkpoints(sessionId: $id, first: $first, after: $after, filter: $filter) {\n      nodes {\n        id\n        checkpointId\n        parentCheckpointId\n        namespace\n        step\n        source\n        next\n        values\n        only: values(keys: [\"trail\"])\n        changedKeys\n        createdAt\n        metadata\n        runId\n        interrupts {\n          interruptId\n        }\n      }\n      edges {\n        cursor\n      }\n      pageInfo {\n        hasNextPage\n        hasPreviousPage\n        startCursor\n        endCursor\n      }\n    }\n  }\n"): typeof import('./graphql.ts').HistoryDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Runs($id: ID!, $first: Int, $after: String, $status: [RunStatus!]) {\n    session(id: $id) {\n      runs(first: $first, after: $after, status: $status) {\n        nodes {\n          id\n          kind\n          status\n          input\n          attempt\n        }\n        pageInfo {\n          hasNextPage\n          endCursor\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').RunsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Sessions($first: Int, $after: String, $filter: SessionFilter, $orderBy: SessionOrder) {\n    sessions(first: $first, after: $after, filter: $filter, orderBy: $orderBy) {\n      nodes {\n        id\n        status\n        metadata\n      }\n      pageInfo {\n        hasNextPage\n        hasPreviousPage\n        endCursor\n      }\n    }\n  }\n"): typeof import('./graphql.ts').SessionsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  subscription Saved($id: ID!, $after: String!) {\n    sessionProgress(sessionId: $id, after: $after, untilSettled: true) {\n      ... on CheckpointSaved {\n        checkpointId\n        checkpoint {\n          checkpointId\n          values\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').SavedDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation Fork($input: ForkSessionInput!) {\n    forkSession(input: $input) {\n      session {\n        ...State\n        forkedFrom {\n          sessionId\n          checkpointId\n          session {\n            id\n          }\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').ForkDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation Edit($input: UpdateSessionStateInput!) {\n    updateSessionState(input: $input) {\n      session {\n        ...State\n      }\n      checkpoint {\n        checkpointId\n        source\n        step\n        changedKeys\n      }\n    }\n  }\n"): typeof import('./graphql.ts').EditDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation Update($input: UpdateSessionInput!) {\n    updateSession(input: $input) {\n      session {\n        ...State\n      }\n    }\n  }\n"): typeof import('./graphql.ts').UpdateDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation Cancel($id: ID!) {\n    cancelSession(input: { sessionId: $id }) {\n      session {\n        ...State\n      }\n      run {\n        id\n        status\n      }\n    }\n  }\n"): typeof import('./graphql.ts').CancelDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation Delete($id: ID!) {\n    deleteSession(input: { sessionId: $id }) {\n      deletedSessionId\n    }\n  }\n"): typeof import('./graphql.ts').DeleteDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation Extend($id: ID!, $ttlSeconds: Int) {\n    extendSession(input: { sessionId: $id, ttlSeconds: $ttlSeconds }) {\n      session {\n        id\n        expiresAt\n      }\n    }\n  }\n"): typeof import('./graphql.ts').ExtendDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  subscription Watch($id: ID!, $after: String, $untilSettled: Boolean!) {\n    sessionProgress(sessionId: $id, after: $after, untilSettled: $untilSettled) {\n      type: __typename\n      sequence\n      cursor\n      at\n      runId\n      ... on SessionSnapshot {\n        session {\n          status\n          next\n        }\n      }\n      ... on ProgressGap {\n        requestedAfter\n      }\n      ... on RunStatusChanged {\n        status\n        sessionStatus\n        attempt\n        error {\n          code\n          message\n          node\n          causes {\n            code\n            message\n            node\n          }\n        }\n      }\n      ... on CheckpointSaved {\n        namespace\n        step\n        source\n        next\n        changedKeys\n        checkpointId\n      }\n      ... on NodeStarted {\n        namespace\n        node\n      }\n      ... on NodeFinished {\n        namespace\n        node\n        error {\n          code\n          message\n        }\n      }\n      ... on CustomProgress {\n        node\n        payload\n      }\n      ... on MessageDelta {\n        namespace\n        node\n        messageId\n        offset\n        text\n      }\n      ... on InterruptsRaised {\n        interrupts {\n          interruptId\n          value\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.ts').WatchDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Graphs {\n    graphs {\n      id\n      description\n      nodes\n      mermaid\n      inputSchema\n      stateSchema\n    }\n  }\n"): typeof import('./graphql.ts').GraphsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query RunOptions($id: ID!) {\n    run(id: $id) {\n      metadata\n      tags\n    }\n  }\n"): typeof import('./graphql.ts').RunOptionsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Schemas {\n    graphs {\n      id\n      inputSchema\n      stateSchema\n      outputSchema\n      contextSchema\n    }\n  }\n"): typeof import('./graphql.ts').SchemasDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation CancelRun($id: ID!) {\n    cancelRun(input: { runId: $id }) {\n      session {\n        ...State\n      }\n      run {\n        id\n        status\n      }\n    }\n  }\n"): typeof import('./graphql.ts').CancelRunDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query StoreItem($namespace: [String!]!, $key: String!) {\n    storeItem(namespace: $namespace, key: $key) {\n      namespace\n      key\n      value\n      createdAt\n      updatedAt\n    }\n  }\n"): typeof import('./graphql.ts').StoreItemDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query StoreItems(\n    $prefix: [String!]!\n    $filter: JSON\n    $query: String\n    $first: Int\n    $after: String\n  ) {\n    storeItems(\n      namespacePrefix: $prefix\n      filter: $filter\n      query: $query\n      first: $first\n      after: $after\n    ) {\n      nodes {\n        namespace\n        key\n        value\n        score\n      }\n      pageInfo {\n        hasNextPage\n        hasPreviousPage\n        endCursor\n      }\n    }\n  }\n"): typeof import('./graphql.ts').StoreItemsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query StoreNamespaces(\n    $prefix: [String!]\n    $suffix: [String!]\n    $maxDepth: Int\n    $first: Int\n    $after: String\n  ) {\n    storeNamespaces(\n      prefix: $prefix\n      suffix: $suffix\n      maxDepth: $maxDepth\n      first: $first\n      after: $after\n    ) {\n      nodes\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n"): typeof import('./graphql.ts').StoreNamespacesDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation PutStoreItem($input: PutStoreItemInput!) {\n    putStoreItem(input: $input) {\n      item {\n        namespace\n        key\n        value\n        createdAt\n        updatedAt\n        score\n      }\n    }\n  }\n"): typeof import('./graphql.ts').PutStoreItemDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation DeleteStoreItem($input: DeleteStoreItemInput!) {\n    deleteStoreItem(input: $input) {\n      deletedNamespace\n      deletedKey\n    }\n  }\n"): typeof import('./graphql.ts').DeleteStoreItemDocument;


export function graphql(source: string) {
  return (documents as any)[source] ?? {};
}
