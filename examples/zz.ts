import { monitorEventLoopDelay } from 'node:perf_hooks';
import { MemorySaver } from '@langchain/langgraph';
import { graph } from './repo-audit/graph.ts';
process.env['AUDIT_ROOT']='/';
for (const path of ['/tmp/worst','/work/main', '/work/main/node_modules/typescript', '/usr/share', '/usr/lib/python3']) {
const h = monitorEventLoopDelay({resolution:1}); h.enable();
const t=performance.now();
try {
const r = await graph.builder.compile({checkpointer:new MemorySaver()}).invoke({path},{configurable:{thread_id:'1'}}) as any;
h.disable();
const rep=r.__interrupt__[0].value.report;
console.log(path, Math.round(performance.now()-t),'ms; max block', Math.round(h.max/1e6),'ms', rep.split('\n').slice(2,5).join(' '), rep.length, JSON.stringify(r).length);
} catch (e) { console.log(path, e) }
}
