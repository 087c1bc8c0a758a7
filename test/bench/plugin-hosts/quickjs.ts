/** QuickJS in WebAssembly: an interpreter of its own for each plugin, in the process and on the thread of the chat. */

import {
  newQuickJSWASMModuleFromVariant,
  type QuickJSContext,
  type QuickJSHandle,
} from 'quickjs-emscripten-core';
import type { OpenHost, PluginHost } from './host.ts';

const source = `(text) => {
  const match = /^ping (\\d+)$/.exec(text);
  return match === null ? undefined : 'pong ' + match[1];
}`;

const memoryBytes = 32 * 1024 * 1024;

export const openQuickJs: OpenHost = async (onAnswer): Promise<PluginHost> => {
  const module = await newQuickJSWASMModuleFromVariant(
    import('@jitl/quickjs-wasmfile-release-sync'),
  );
  const plugins: { readonly context: QuickJSContext; readonly handler: QuickJSHandle }[] = [];
  let handled = 0;
  return {
    async load() {
      const runtime = module.newRuntime();
      runtime.setMemoryLimit(memoryBytes);
      const context = runtime.newContext();
      plugins.push({ context, handler: context.unwrapResult(context.evalCode(source)) });
    },
    tell(text) {
      for (const { context, handler } of plugins) {
        const argument = context.newString(text);
        const answer = context.unwrapResult(
          context.callFunction(handler, context.undefined, argument),
        );
        if (context.typeof(answer) === 'string') onAnswer(context.getString(answer));
        answer.dispose();
        argument.dispose();
      }
      handled++;
    },
    handled: () => handled,
    pids: () => [],
    async close() {
      for (const { context, handler } of plugins) {
        handler.dispose();
        const { runtime } = context;
        context.dispose();
        runtime.dispose();
      }
    },
  };
};
