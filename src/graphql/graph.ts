import { builder } from './builder.ts';

builder.objectType('Graph', {
  description: 'A graph that langgraph.json names.',
  fields: (t) => ({
    id: t.exposeID('id'),
    description: t.exposeString('description', { nullable: true }),
    mermaid: t.string({
      description: 'The graph drawn as a Mermaid flowchart; `xray` opens subgraphs.',
      args: { xray: t.arg.boolean({ required: true, defaultValue: false }) },
      resolve: (graph, { xray }) => graph.mermaid(xray),
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
