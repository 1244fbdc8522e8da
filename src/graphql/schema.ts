import { countAnswers } from './answers.ts';
import { builder } from './builder.ts';
import './session.ts';
import './run.ts';
import './checkpoint.ts';
import './graph.ts';
import './mutations.ts';
import './progress.ts';
import './node.ts';
import { askPolicy } from './policy.ts';
import './store.ts';
import { takeTurns } from './turns.ts';

/** The whole public contract, in code. */
export const schema = askPolicy(takeTurns(countAnswers(builder.toSchema())));
