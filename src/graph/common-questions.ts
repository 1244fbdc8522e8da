// Questions that LangChain's and LangGraph's own parts ask, in any graph.
import { z } from 'zod';
import { CheckedSchema, type GraphQuestion } from './question-schema.ts';

// Titles, and no ids: Zod keeps ids for all copies of it in a process, and a graph may have its own.
const declared = (name: string, ask: z.ZodType, answer: z.ZodType): GraphQuestion => {
  const schemas = [CheckedSchema.of(ask), CheckedSchema.of(answer)] as const;
  if (schemas[0] === undefined || schemas[1] === undefined)
    throw new Error(`${name} has no schema`);
  return { name, ask: schemas[0], answer: schemas[1] };
};

const ANY = z.any().optional().describe('Arguments by their names.');

/** Asked by LangChain's `humanInTheLoopMiddleware`. */
export const HITL: GraphQuestion = declared(
  'hitl',
  z.object({
    actionRequests: z
      .array(
        z
          .object({
            name: z.string().describe('The tool.'),
            args: ANY,
            description: z.string().optional().describe('What people are told of it.'),
          })
          .describe('A call of a tool that waits for a decision.')
          .meta({ title: 'ActionRequest' }),
      )
      .min(1)
      .describe('The calls that wait, each for a decision of its own.'),
    reviewConfigs: z
      .array(
        z
          .object({
            actionName: z.string().describe('The tool.'),
            allowedDecisions: z
              .array(z.enum(['approve', 'edit', 'reject']).meta({ title: 'Decision' }))
              .describe('What may be decided of it.'),
            argsSchema: z
              .any()
              .optional()
              .describe('JSON Schema of the arguments, where they may be edited.'),
          })
          .describe('What may be decided of the calls of one tool.')
          .meta({ title: 'ReviewConfig' }),
      )
      .optional()
      .describe('What may be decided, for each tool; anything where it is left out.'),
  }),
  z
    .object({
      decisions: z
        .array(
          z.discriminatedUnion('type', [
            z.object({ type: z.literal('approve') }).describe('The call is made as it is.'),
            z
              .object({
                type: z.literal('edit'),
                editedAction: z
                  .object({ name: z.string().describe('The tool.'), args: ANY })
                  .describe('The call to make in its place.'),
              })
              .describe('Another call is made in its place.'),
            z
              .object({
                type: z.literal('reject'),
                message: z.string().optional().describe('What the model is told.'),
              })
              .describe('The call is not made.'),
          ]),
        )
        .describe('One for each of `actionRequests`, in their order.'),
    })
    .describe("Answers a question of LangChain's human-in-the-loop middleware."),
);

const ACTION = z.object({ action: z.string().describe('What is to be done.'), args: ANY });

/** LangGraph's `HumanInterrupt`, one or a list of them, as its agent inbox shows it. */
export const HUMAN_INTERRUPT: GraphQuestion = {
  ...declared(
    'humanInterrupt',
    z.object({
      requests: z
        .array(
          z
            .object({
              action_request: ACTION.describe('The action in question.').meta({ title: 'Action' }),
              config: z
                .object({
                  allow_ignore: z.boolean().optional().describe('Whether it may be ignored.'),
                  allow_respond: z
                    .boolean()
                    .optional()
                    .describe('Whether it may be answered in words.'),
                  allow_edit: z.boolean().optional().describe('Whether it may be edited.'),
                  allow_accept: z
                    .boolean()
                    .optional()
                    .describe('Whether it may be accepted as it is.'),
                })
                .describe('Which responses it takes.')
                .meta({ title: 'Config' }),
              description: z.string().optional().describe('What people are told of it.'),
            })
            .describe('An action that waits for a human.')
            .meta({ title: 'Request' }),
        )
        .min(1)
        .describe('What is asked, each for a response of its own.'),
    }),
    z
      .array(
        z.discriminatedUnion('type', [
          z
            .object({ type: z.literal('accept'), args: z.null() })
            .describe('Accepts the action unchanged.'),
          z.object({ type: z.literal('ignore'), args: z.null() }).describe('Ignores the request.'),
          z
            .object({ type: z.literal('response'), args: z.string().describe('The words.') })
            .describe('Responds in words.'),
          z
            .object({ type: z.literal('edit'), args: ACTION.describe('The action as edited.') })
            .describe('Accepts the action with changes.'),
        ]),
      )
      .describe('A response for each of `requests`, in their order.'),
  ),
  view: (value) => ({ requests: Array.isArray(value) ? value : [value] }),
};

/** What any graph may ask. */
export const COMMON_QUESTIONS: readonly GraphQuestion[] = [HITL, HUMAN_INTERRUPT];
