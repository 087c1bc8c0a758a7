/** The part of Banter's public API that everybody needs; whoever neither talks nor serves loads no more than this. */

export { BanterError, type ErrorCode, errorTable } from './errors.ts';
