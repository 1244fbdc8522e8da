// Questions in the shapes that LangChain's own programs ask in, and the answers they expect:
// - HumanInterrupt, of Agent Inbox: one or a list of { action_request, config, description }; the answer is a list of
//   { type: accept | edit | response | ignore, args }.
// - the humanInTheLoopMiddleware of langchain 1: { actionRequests, reviewConfigs }; the answer is { decisions }, one for
//   each request: { type: approve | edit | reject }.

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
export function actionsIn(value: unknown): AskedActions | undefined {
  const requests = Array.isArray(value) ? value : [value];
  const inbox = requests.map(inboxAction);
  if (requests.length > 0 && !inbox.includes(undefined))
    return { shape: 'inbox', actions: inbox.filter((action) => action !== undefined) };
  if (!isObject(value) || !Array.isArray(value['actionRequests'])) return undefined;
  const configs = Array.isArray(value['reviewConfigs']) ? value['reviewConfigs'] : [];
  const actions = value['actionRequests'].map((request: unknown, index) =>
    middlewareAction(request, configs, index),
  );
  if (actions.length === 0 || actions.includes(undefined)) return undefined;
  return { shape: 'middleware', actions: actions.filter((action) => action !== undefined) };
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

function inboxAction(value: unknown): AskedAction | undefined {
  if (!isObject(value) || !isObject(value['action_request']) || !isObject(value['config']))
    return undefined;
  const { action, args } = value['action_request'];
  if (typeof action !== 'string') return undefined;
  const config = value['config'];
  const allowed: Decision[] = [];
  if (config['allow_accept'] === true) allowed.push('accept');
  if (config['allow_edit'] === true) allowed.push('edit');
  if (config['allow_respond'] === true) allowed.push('respond');
  if (config['allow_ignore'] === true) allowed.push('ignore');
  return { name: action, args, description: words(value['description']), allowed };
}

const DECISIONS: Readonly<Record<string, Decision>> = {
  approve: 'accept',
  edit: 'edit',
  reject: 'respond',
};

function middlewareAction(
  request: unknown,
  configs: readonly unknown[],
  index: number,
): AskedAction | undefined {
  if (!isObject(request) || typeof request['name'] !== 'string') return undefined;
  const { name, args } = request;
  const config =
    configs.find((each) => isObject(each) && each['actionName'] === name) ?? configs[index];
  const given =
    isObject(config) && Array.isArray(config['allowedDecisions'])
      ? config['allowedDecisions']
      : ['approve', 'edit', 'reject'];
  const allowed = given.flatMap((decision: unknown) => DECISIONS[String(decision)] ?? []);
  return { name, args, description: words(request['description']), allowed };
}

function words(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
