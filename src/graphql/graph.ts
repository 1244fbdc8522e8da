import type { GraphDrawing } from '../graph/loaded-graph.ts';
import { READ, builder } from './builder.ts';

const GraphNode = builder.objectRef<GraphDrawing['nodes'][number]>('GraphNode').implement({
  description: 'A node of a drawing.',
  fields: (t) => ({
    key: t.exposeID('id', {
      description:
        'Unique in the drawing: its name, behind the names of the subgraphs that it is in, with `:` between them. `__start__` and `__end__` are where the graph begins and ends.',
    }),
    name: t.exposeString('name', { description: 'What the graph calls it.' }),
  }),
});

const GraphEdge = builder.objectRef<GraphDrawing['edges'][number]>('GraphEdge').implement({
  description: 'An edge of a drawing, from one node to another.',
  fields: (t) => ({
    source: t.exposeID('source', { description: 'The `key` of a node.' }),
    target: t.exposeID('target', { description: 'The `key` of a node.' }),
    label: t.exposeString('label', {
      nullable: true,
      description: 'What the graph calls the edge; null where it has no name.',
    }),
    conditional: t.exposeBoolean('conditional', {
      description: 'Whether the graph decides each time if it goes there.',
    }),
  }),
});

const Drawing = builder.objectRef<GraphDrawing>('GraphDrawing').implement({
  description:
    'What can be drawn of a graph. What its nodes say by themselves, such as `Command.goto` without `ends`, is not known.',
  fields: (t) => ({
    nodes: t.field({
      type: [GraphNode],
      description: 'Its nodes.',
      resolve: ({ nodes }) => [...nodes],
    }),
    edges: t.field({
      type: [GraphEdge],
      description: 'The edges between them.',
      resolve: ({ edges }) => [...edges],
    }),
  }),
});

const XRAY = {
  required: true,
  defaultValue: false,
  description: 'Whether the nodes of a subgraph stand for it.',
} as const;

builder.objectType('Graph', {
  interfaces: ['Node'],
  description: 'A graph that langgraph.json names.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Its key in langgraph.json.' }),
    description: t.exposeString('description', {
      nullable: true,
      description: 'What langgraph.json, or the graph itself, says of it.',
    }),
    mermaid: t.string({
      description: 'The graph drawn as a Mermaid flowchart; `xray` opens subgraphs.',
      complexity: READ,
      args: { xray: t.arg.boolean(XRAY) },
      resolve: (graph, { xray }) => graph.mermaid(xray),
    }),
    drawing: t.field({
      type: Drawing,
      description: 'The graph as nodes and edges; `xray` opens subgraphs.',
      complexity: READ,
      args: { xray: t.arg.boolean(XRAY) },
      resolve: (graph, { xray }) => graph.drawing(xray),
    }),
    nodes: t.exposeStringList('nodes', { description: 'The names of its nodes.' }),
    inputSchema: t.field({
      type: 'JSON',
      nullable: true,
      description: 'JSON Schema of its input, where the graph declares one.',
      resolve: ({ inputSchema }) => inputSchema,
    }),
    stateSchema: t.field({
      type: 'JSON',
      nullable: true,
      description: 'JSON Schema of its state, where the graph declares one.',
      resolve: ({ stateSchema }) => stateSchema,
    }),
    outputSchema: t.field({
      type: 'JSON',
      nullable: true,
      description: 'JSON Schema of its output, where the graph declares one.',
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
    description: 'The graphs that langgraph.json names.',
    resolve: (_root, _args, { services }) => services.graphs.all,
  }),
  graph: t.field({
    type: 'Graph',
    nullable: true,
    description: 'One of them; null where there is none of this id.',
    args: { id: t.arg.id({ required: true, description: 'Its key in langgraph.json.' }) },
    resolve: (_root, { id }, { services }) => services.graphs.find(id),
  }),
}));
