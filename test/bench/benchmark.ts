/** The shape of a benchmark: subjects, figures of each, and how they are measured. */

/** One column of the table. */
export interface Figure {
  readonly key: string;
  /** With its unit. */
  readonly title: string;
  readonly digits: number;
}

/** Figures by key. */
export type Measurement = Readonly<Record<string, number>>;

/** How much is measured. */
export interface Scale {
  /** How long one member sends. Milliseconds. */
  readonly sendMs: number;
  readonly idleClients: number;
  /** How often a program is started. */
  readonly starts: number;
  readonly profileFolder?: string | undefined;
}

export interface Benchmark {
  readonly name: string;
  /** What is measured, for the head of the table. */
  readonly about: (scale: Scale) => string;
  readonly subjects: readonly string[];
  /** The subject that the others are compared with in columns of ratios; undefined for none. */
  readonly reference?: string;
  readonly figures: readonly Figure[];
  /** Rounds at most; undefined for as many as asked for. */
  readonly roundsMax?: number;
  /** Whether it starts the program in `dist`. */
  readonly needsBuild?: boolean;
  /** What one has to know to read a row. Default: the terms of the peer of that name. */
  readonly terms?: (subject: string) => string | undefined;
  /** Why a subject cannot be measured on this machine. */
  readonly absence?: (subject: string) => string | undefined;
  /** Measures one subject once. @throws Error saying what went wrong */
  readonly measure: (subject: string, scale: Scale) => Promise<Measurement>;
}

/** What came of a subject: the median of each figure, or why there is none. */
export interface Result {
  readonly subject: string;
  readonly outcome:
    | { readonly type: 'measured'; readonly figures: Measurement; readonly rounds: number }
    | { readonly type: 'absent'; readonly reason: string }
    | { readonly type: 'failed'; readonly reason: string };
}
