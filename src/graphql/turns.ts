// Which fields wait for their user's turn.
import { type GraphQLSchema, defaultFieldResolver, getNamedType, isObjectType } from 'graphql';
import type { RequestContext } from './context.ts';

/** They read whole states. */
const READERS: ReadonlySet<string> = new Set([
  'resumeSession',
  'forkSession',
  'updateSessionState',
]);

/** Messages wait for their turn where they are read (checkpoint-views.ts). */
function isList(typeName: string): boolean {
  return typeName.endsWith('Connection') && !typeName.endsWith('MessageConnection');
}

/** Has fields wait for their user's turn that read a list, or whole states to change them. */
export function takeTurns(schema: GraphQLSchema): GraphQLSchema {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      const resolve = field.resolve ?? defaultFieldResolver;
      if (type === schema.getMutationType() && READERS.has(field.name)) {
        // It is done for who has left, too.
        field.resolve = (root, args, context: RequestContext, info) =>
          context.services.turns.take(context.user.id, () => resolve(root, args, context, info));
      } else if (isList(getNamedType(field.type).name)) {
        field.resolve = (root, args, context: RequestContext, info) =>
          context.takeTurn(async () => resolve(root, args, context, info));
      }
    }
  }
  return schema;
}
