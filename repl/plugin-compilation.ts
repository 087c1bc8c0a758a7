/** Runs in a process of its own: compiles a plugin, and answers what the compiler says and what of the SDK the plugin uses. */

import { createRequire } from 'node:module';
import { dirname, join, resolve, sep } from 'node:path';
import type * as TypeScript from 'typescript';
import type { CompilationOrder, CompilationResult } from './plugin-types.ts';

/** Lines of the compiler that are told. */
const linesMax = 100;

const own = ['core', 'plugins'].map((part) => join(import.meta.dirname, '..', part) + sep);

// Sent by plugin-types.ts of the same version.
process.once('message', (order: CompilationOrder) => {
  // TypeScript says the type of its own file.
  const ts = createRequire(import.meta.url)(order.compiler) as typeof TypeScript;
  process.send?.(resultOf(ts, programOf(ts, order), dirname(order.file)));
  process.disconnect();
});

function programOf(
  ts: typeof TypeScript,
  { file, sdk, nodeTypes }: CompilationOrder,
): TypeScript.Program {
  return ts.createProgram([file], {
    target: ts.ScriptTarget.ES2024,
    lib: ['lib.es2024.d.ts', 'lib.esnext.disposable.d.ts'],
    module: ts.ModuleKind.Preserve,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    noEmit: true,
    strict: true,
    noUncheckedIndexedAccess: true,
    allowImportingTsExtensions: true,
    resolveJsonModule: true,
    allowJs: true,
    skipLibCheck: true,
    // Plugins run without Node; the sources of a checkout do not.
    types: nodeTypes === undefined ? [] : [nodeTypes],
    paths: { 'banter/plugins': [sdk] },
  });
}

/**
 * Of the author's files: in a checkout the types of `banter/plugins` are sources, which are held to their own settings
 * elsewhere.
 */
function resultOf(
  ts: typeof TypeScript,
  program: TypeScript.Program,
  folder: string,
): CompilationResult {
  const files = program.getSourceFiles().filter((file) => !file.isDeclarationFile && !isOwn(file));
  const found = [
    ...program.getConfigFileParsingDiagnostics(),
    ...program.getOptionsDiagnostics(),
    ...program.getGlobalDiagnostics(),
    ...files.flatMap((file) => program.getSyntacticDiagnostics(file)),
    ...files.flatMap((file) => program.getSemanticDiagnostics(file)),
  ];
  const said = ts.formatDiagnostics(ts.sortAndDeduplicateDiagnostics(found), {
    getCanonicalFileName: (name) => name,
    getCurrentDirectory: () => folder,
    getNewLine: () => '\n',
  });
  const reading = new Reading(ts, program.getTypeChecker());
  for (const file of files) reading.read(file);
  return {
    lines: said === '' ? [] : said.trimEnd().split('\n').slice(0, linesMax),
    used: [...reading.used],
    isTyped: reading.isTyped,
  };
}

function isOwn({ fileName }: TypeScript.SourceFile): boolean {
  return own.some((place) => resolve(fileName).startsWith(place));
}

/**
 * Finds uses by types, so that it does not matter under which name `ctx` or one of its members goes, and that comments,
 * texts and members of the same name elsewhere do not count.
 */
class Reading {
  readonly #ts: typeof TypeScript;
  readonly #checker: TypeScript.TypeChecker;
  readonly used: Set<string> = new Set();
  #isTyped = false;

  constructor(ts: typeof TypeScript, checker: TypeScript.TypeChecker) {
    this.#ts = ts;
    this.#checker = checker;
  }

  /** Whether the plugin was made by `definePlugin`. */
  get isTyped(): boolean {
    return this.#isTyped;
  }

  read(node: TypeScript.Node): void {
    const ts = this.#ts;
    if (ts.isPropertyAccessExpression(node)) {
      this.#note(this.#checker.getSymbolAtLocation(node.name));
    } else if (ts.isElementAccessExpression(node)) {
      const names = this.#textsOf(node.argumentExpression);
      for (const name of names) this.#noteMember(node.expression, name);
    } else if (ts.isBindingElement(node) && ts.isObjectBindingPattern(node.parent)) {
      const name = node.propertyName ?? node.name;
      const isKnown = ts.isIdentifier(name) || ts.isStringLiteral(name);
      if (isKnown) this.#noteMember(node.parent, name.text);
    } else if (ts.isCallExpression(node)) {
      this.#noteCall(node);
    }
    ts.forEachChild(node, (child) => this.read(child));
  }

  #noteMember(of: TypeScript.Node, name: string): void {
    this.#note(this.#checker.getTypeAtLocation(of).getProperty(name));
  }

  /** A member of `ctx`, or what a message can do. */
  #note(symbol: TypeScript.Symbol | undefined): void {
    const [declaration] = symbol?.declarations ?? [];
    if (symbol === undefined || declaration === undefined) return;
    if (!isOwn(declaration.getSourceFile())) return;
    if (this.#isOfContext(declaration) || symbol.name === 'reply') this.used.add(symbol.name);
  }

  /** What is heard and hooked stands in the first argument, as a text or as something that can be nothing else. */
  #noteCall(node: TypeScript.CallExpression): void {
    const ts = this.#ts;
    const [first] = node.arguments;
    const declaration = this.#checker.getResolvedSignature(node)?.declaration;
    if (first === undefined || declaration === undefined) return;
    if (!isOwn(declaration.getSourceFile())) return;
    const { parent } = declaration;
    if (ts.isFunctionDeclaration(declaration)) {
      this.#isTyped ||= declaration.name?.text === 'definePlugin';
    } else if (ts.isMethodSignature(declaration) && this.#isOfContext(declaration)) {
      if (declaration.name.getText() === 'on') this.#noteEach('on', first);
    } else if (ts.isInterfaceDeclaration(parent) && parent.name.text === 'UseHook') {
      this.#noteEach('use', first);
    }
  }

  #noteEach(member: string, argument: TypeScript.Node): void {
    for (const text of this.#textsOf(argument)) this.used.add(`${member} ${text}`);
  }

  #textsOf(node: TypeScript.Node): readonly string[] {
    const type = this.#checker.getTypeAtLocation(node);
    const parts = type.isUnion() ? type.types : [type];
    return parts.flatMap((part) => (part.isStringLiteral() ? [part.value] : []));
  }

  #isOfContext({ parent }: TypeScript.Node): boolean {
    return this.#ts.isInterfaceDeclaration(parent) && parent.name.text === 'PluginContext';
  }
}
