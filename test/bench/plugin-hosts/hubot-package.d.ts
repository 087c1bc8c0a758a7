/** Of Hubot what the benchmark uses; it comes without types. */

declare module 'hubot' {
  export class Adapter {
    constructor(robot: Robot);
    send(envelope: unknown, ...texts: readonly string[]): Promise<void>;
  }
  export class User {
    constructor(id: string, options: { readonly room: string });
  }
  export class TextMessage {
    constructor(user: User, text: string, id: string);
  }
  export class Robot {
    constructor(adapter: { use(robot: Robot): Adapter }, httpd: boolean, name: string);
    loadAdapter(): Promise<void>;
    hear(
      pattern: RegExp,
      listener: (response: {
        readonly match: RegExpExecArray;
        send(text: string): Promise<void>;
      }) => unknown,
    ): void;
    receive(message: TextMessage): Promise<unknown>;
    shutdown(): void;
  }
}
