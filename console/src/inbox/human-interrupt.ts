// Questions of LangChain's own programs, as the schema has them, and the answers they expect:
// - HumanInterrupt, of Agent Inbox: the answer is a list of { type: accept | edit | response | ignore, args }.
// - the humanInTheLoopMiddleware of langchain 1: the answer is { decisions }, one for each request:
//   { type: approve | edit | reject }.
import type { Question } from '../session/documents.ts';

export type Decision = 'accept' | 'edit' | 'respond' | 'ignore';

export interface AskedAction {
  readonly name: string;
  readonly args: unknown;
  readonly description: string | null;
  readonly allowed: readonly Decision[];
}

export interface AskedActions {
  readonly shape: 'inbox' | 'middleware';
  readonly actions: readonly AskedAction[];
}

export interface Decided {
  readonly decision: Decision;
  /** The arguments as they were edited, or the words. */
  readonly given: unknown;
}

/** The actions that are asked about; undefined where the question has another shape. */
export function actionsIn({ question }: Question): AskedActions | undefined {
  if (question.__typename === 'HumanInterruptQuestion')
    return { shape: 'inbox', actions: question.requests.map(inboxAction) };
  if (question.__typename !== 'HITLQuestion') return undefined;
  const { actionRequests, reviewConfigs } = question;
  return {
    shape: 'middleware',
    actions: actionRequests.map((request, index) =>
      middlewareAction(request, reviewConfigs ?? [], index),
    ),
  };
}

/** What the graph is to be answered. */
export function answerTo({ shape, actions }: AskedActions, decided: readonly Decided[]): unknown {
  if (shape === 'inbox') {
    return decided.map(({ decision, given }, index) => {
      const action = actions[index]?.name ?? '';
      switch (decision) {
        case 'accept':
          return { type: 'accept', args: null };
        case 'ignore':
          return { type: 'ignore', args: null };
        case 'respond':
          return { type: 'response', args: given };
        case 'edit':
          return { type: 'edit', args: { action, args: given } };
      }
    });
  }
  return {
    decisions: decided.map(({ decision, given }, index) => {
      const name = actions[index]?.name ?? '';
      if (decision === 'accept') return { type: 'approve' };
      if (decision === 'edit') return { type: 'edit', editedAction: { name, args: given } };
      return {
        type: 'reject',
        ...(typeof given === 'string' && given !== '' && { message: given }),
      };
    }),
  };
}

type HumanRequest = Extract<
  Question['question'],
  { __typename: 'HumanInterruptQuestion' }
>['requests'][number];
type Hitl = Extract<Question['question'], { __typename: 'HITLQuestion' }>;

function inboxAction({ action_request: asked, config, description }: HumanRequest): AskedAction {
  const allowed: Decision[] = [];
  if (config.allow_accept === true) allowed.push('accept');
  if (config.allow_edit === true) allowed.push('edit');
  if (config.allow_respond === true) allowed.push('respond');
  if (config.allow_ignore === true) allowed.push('ignore');
  return { name: asked.action, args: asked.args, description: description || null, allowed };
}

const DECISIONS = { approve: 'accept', edit: 'edit', reject: 'respond' } as const;

function middlewareAction(
  { name, args, description }: Hitl['actionRequests'][number],
  configs: NonNullable<Hitl['reviewConfigs']>,
  index: number,
): AskedAction {
  const config = configs.find(({ actionName }) => actionName === name) ?? configs[index];
  const given = config?.allowedDecisions ?? ['approve', 'edit', 'reject'];
  const allowed = given.map((decision) => DECISIONS[decision]);
  return { name, args, description: description || null, allowed };
}
