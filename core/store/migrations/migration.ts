/** What brings a database from one version of the schema to the next: statements, in one transaction. */
export type Migration = readonly string[];
