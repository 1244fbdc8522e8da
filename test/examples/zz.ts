import { openModelServer } from './chat-completions.ts';
import { agent } from '../../examples/chat/agent.ts';
process.env['OPENAI_API_KEY']='k';
const t=performance.now(); const l=(...a: unknown[])=>console.log(Math.round(performance.now()-t),...a);
{
await using server = await openModelServer([{ tokens: ['Hello'] }]);
process.env['OPENAI_BASE_URL']=server.url;
const timer = setInterval(()=>l(server.requests.length), 1000);
try { const r = await agent().invoke({messages:[{role:'user',content:'hi'}]}); l(r.messages.at(-1)?.text);} catch(e){l(e)}
clearInterval(timer);
l('closing');
}
l('closed');
