/** The public API of Banter's core. */

export * from './client-api.ts';
export * from './server-api.ts';
