/** What is made when it is first needed, and then kept: tables that cost more than a client's start should. */

/** A function that makes a value at its first call and returns it at every call. */
export function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
