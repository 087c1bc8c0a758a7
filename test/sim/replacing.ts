/** Puts other code in the place of a method, for planted bugs and for whoever wants to look inside. */

/** Puts another method in the place of one. @returns what puts the old one back */
export function replace<Target extends object, Key extends keyof Target>(
  target: Target,
  key: Key,
  make: (original: Target[Key]) => Target[Key],
): () => void {
  const original = target[key];
  target[key] = make(original);
  return () => {
    target[key] = original;
  };
}
