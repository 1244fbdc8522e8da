import type { GraphDrawing } from '../graph/loaded-graph.ts';
import { READ, builder } from './builder.ts';

const GraphNode = builder.objectRef<GraphDrawing['nodes'][number]>('GraphNode').implement({
  fields: (t) => ({
    id: t.exposeID('id', {
      description:
        'Unique in the drawing: its name, behind the names of the subgraphs that it is in, with `:` between them. `__start__` and `__end__` are where the graph begins and ends.',
    }),
    name: t.exposeString('name'),
  }),
});

const GraphEdge = builder.objectRef<GraphDrawing['edges'][number]>('GraphEdge').implement({
  fields: (t) => ({
    source: t.exposeID('source', { description: 'The `id` of a node.' }),
    target: t.exposeID('target'),
    label: t.exposeString('label', { nullable: true }),
    conditional: t.exposeBoolean('conditional', {
      description: 'Whether the graph decides each time if it goes there.',
    }),
  }),
});

const Drawing = builder.objectRef<GraphDrawing>('GraphDrawing').implement({
  description:
    'What can be drawn of a graph. What its nodes say by themselves, such as `Command.goto` without `ends`, is not known.',
  fields: (t) => ({
    nodes: t.field({ type: [GraphNode], resolve: ({ nodes }) => [...nodes] }),
    edges: t.field({ type: [GraphEdge], resolve: ({ edges }) => [...edges] }),
  }),
});

builder.objectType('Graph', {
  description: 'A graph that langgraph.json names.',
  fields: (t) => ({
    id: t.exposeID('id'),
    description: t.exposeString('description', { nullable: true }),
    mermaid: t.string({
      description: 'The graph drawn as a Mermaid flowchart; `xray` opens subgraphs.',
      complexity: READ,
      args: { xray: t.arg.boolean({ required: true, defaultValue: false }) },
      resolve: (graph, { xray }) => graph.mermaid(xray),
    }),
    drawing: t.field({
      type: Drawing,
      description: 'The graph as nodes and edges; `xray` opens subgraphs.',
      complexity: READ,
      args: { xray: t.arg.boolean({ required: true, defaultValue: false }) },
      resolve: (graph, { xray }) => graph.drawing(xray),
    }),
    nodes: t.exposeStringList('nodes'),
    inputSchema: t.field({
      type: 'JSON',
      nullable: true,
      description: 'JSON Schemas, where the graph declares them.',
      resolve: ({ inputSchema }) => inputSchema,
    }),
    stateSchema: t.field({
      type: 'JSON',
      nullable: true,
      resolve: ({ stateSchema }) => stateSchema,
    }),
    outputSchema: t.field({
      type: 'JSON',
      nullable: true,
      resolve: ({ outputSchema }) => outputSchema,
    }),
    contextSchema: t.field({
      type: 'JSON',
      nullable: true,
      description: "JSON Schema of LangGraph's runtime context, where the graph declares one.",
      resolve: ({ contextSchema }) => contextSchema,
    }),
  }),
});

builder.queryFields((t) => ({
  graphs: t.field({
    type: ['Graph'],
    resolve: (_root, _args, { services }) => services.graphs.all,
  }),
  graph: t.field({
    type: 'Graph',
    nullable: true,
    args: { id: t.arg.id({ required: true }) },
    resolve: (_root, { id }, { services }) => services.graphs.find(id),
  }),
}));
