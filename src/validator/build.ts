/** Which build of the package runs: under the export condition `production` it is off unless `LOCKDEP` says otherwise. */

/** The entries of libraries, and `register`, have no build of their own; they look where `lockdep` leads. */
function isResolvedToProduction(): boolean {
  try {
    return import.meta.resolve('lockdep').endsWith('/production.js');
  } catch {
    return false; // A bundle, which resolves nothing.
  }
}

export const build: { isOff: boolean } = { isOff: isResolvedToProduction() };
