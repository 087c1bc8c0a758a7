/** A broken promise of the chat. */

export interface Violation {
  readonly promise:
    | 'settled'
    | 'undisturbed when calm'
    | 'honest failure'
    | 'one order'
    | 'exactly once'
    | 'nothing lost'
    | 'nothing invented'
    | 'no gap'
    | 'exact gaps'
    | 'one directory'
    | 'one membership'
    | 'everybody comes back'
    | 'no amplification'
    | 'nothing thrown';
  /** How it was broken. */
  readonly detail: string;
}
