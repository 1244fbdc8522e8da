// The part of typed graphs that each schema has: interfaces, what stands for a graph without types, and the inputs that graphs
// add to (typed.ts).
import { builder } from './builder.ts';
import { JSON_QUESTION, JSON_STATE, type QuestionNode, type StateNode } from './typed.ts';

builder.interfaceType('GraphState', {
  description:
    'The state of a session, typed by its graph. One type for each graph, named after it; `JsonState` where a graph declares no schema, or is gone.',
  resolveType: ({ typeName }) => typeName,
  fields: (t) => ({
    json: t.field({
      type: 'JSON',
      description: 'All of the state, as `Session.values` shows it.',
      resolve: ({ values }) => values,
    }),
  }),
});

builder.objectType(builder.objectRef<StateNode>(JSON_STATE), {
  name: JSON_STATE,
  interfaces: ['GraphState'],
  description: 'A state without a type of its own.',
});

builder.interfaceType('Question', {
  description: 'A question, typed by the graph where it declares a schema; else a `JsonQuestion`.',
  resolveType: ({ __typename }) => __typename,
  fields: (t) => ({
    json: t.field({
      type: 'JSON',
      nullable: true,
      description: 'The question as the graph asks it.',
      resolve: ({ json }) => json ?? null,
    }),
  }),
});

builder.objectType(builder.objectRef<QuestionNode>(JSON_QUESTION), {
  name: JSON_QUESTION,
  interfaces: ['Question'],
  description: 'A question without a type of its own.',
});

const JsonGraphInput = builder.inputType('JsonGraphInput', {
  description: 'The input of any graph.',
  fields: (t) => ({
    graphId: t.id({ description: 'May be left out where langgraph.json names one graph.' }),
    input: t.field({
      type: 'JSON',
      required: true,
      description: "The graph's input: an object with keys of its state.",
    }),
  }),
});

export const GraphInput = builder.inputType('GraphInput', {
  isOneOf: true,
  description: 'A graph with its input. Give the one field that belongs to the graph.',
  fields: (t) => ({
    json: t.field({
      type: JsonGraphInput,
      description: 'Any graph with JSON, for a variable of this type.',
    }),
  }),
});

export const AnswerValue = builder.inputType('AnswerValue', {
  isOneOf: true,
  description: 'A typed answer. Give the one field that belongs to the question.',
  fields: (t) => ({
    json: t.field({
      type: 'JSON',
      description: 'Any answer as JSON, for a variable of this type.',
    }),
  }),
});
