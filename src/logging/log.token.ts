/** The process's pino logger, for who writes structured lines past the framework's logger. */
export const LOG = Symbol('LOG');
