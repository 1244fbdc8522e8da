// A chat model without a service: what it says is a function of what it is told, and it streams word by word.
import { BaseChatModel } from '@langchain/core/language_models/chat_models';
import { AIMessage, AIMessageChunk, type BaseMessage } from '@langchain/core/messages';
import { ChatGenerationChunk, type ChatResult } from '@langchain/core/outputs';
import type { CallbackManagerForLLMRun } from '@langchain/core/callbacks/manager';

export interface Call {
  readonly tool: string;
  readonly args: object;
}
/** Text, or the tools to call. */
export type Said = string | Call | readonly Call[];
export type Script = (messages: readonly BaseMessage[], last: string) => Said;

export class ScriptedModel extends BaseChatModel {
  readonly #script: Script;

  constructor(script: Script) {
    super({});
    this.#script = script;
  }

  _llmType(): string {
    return 'scripted';
  }

  override bindTools(): this {
    return this;
  }

  async _generate(messages: BaseMessage[]): Promise<ChatResult> {
    const message = new AIMessage(this.#answer(messages));
    return { generations: [{ message, text: message.text }] };
  }

  override async *_streamResponseChunks(
    messages: BaseMessage[],
    _options: this['ParsedCallOptions'],
    run?: CallbackManagerForLLMRun,
  ): AsyncGenerator<ChatGenerationChunk> {
    const { content, tool_calls: calls } = this.#answer(messages);
    const words = content.match(/\S+\s*/g) ?? [''];
    for (const [n, word] of words.entries()) {
      const chunk = new ChatGenerationChunk({
        text: word,
        message: new AIMessageChunk({
          content: word,
          ...(n === 0 && {
            tool_call_chunks: calls.map(({ id, name, args }, index) => ({
              id,
              name,
              index,
              args: JSON.stringify(args),
              type: 'tool_call_chunk' as const,
            })),
          }),
        }),
      });
      yield chunk;
      await run?.handleLLMNewToken(word, undefined, undefined, undefined, undefined, { chunk });
    }
  }

  #answer(messages: readonly BaseMessage[]) {
    const said = this.#script(messages, messages.at(-1)?.text ?? '');
    if (typeof said === 'string') return { content: said, tool_calls: [] };
    const calls = Array.isArray(said) ? (said as readonly Call[]) : [said as Call];
    return {
      content: '',
      tool_calls: calls.map(({ tool, args }, n) => ({
        id: `call-${messages.length}-${n}`,
        name: tool,
        args: { ...args },
        type: 'tool_call' as const,
      })),
    };
  }
}

/** What the tools have answered since the last human message. */
export function toolAnswers(messages: readonly BaseMessage[]): string[] {
  const from = messages.findLastIndex((message) => message.type === 'human');
  return messages
    .slice(from)
    .filter((message) => message.type === 'tool')
    .map((message) => message.text);
}
