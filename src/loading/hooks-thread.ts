/** Hooks for `import` where they run in a thread of their own: Node 20, and others before they are safe in this one. */
import { type ResolveContext, type Resolved, isWanted, sourceOf, wrap } from './wrapper.ts';

type NextResolve = (specifier: string, context: ResolveContext) => Promise<Resolved>;
type NextLoad = (url: string, context: object) => Promise<object>;

export async function resolve(
  specifier: string,
  context: ResolveContext,
  next: NextResolve,
): Promise<Resolved> {
  const resolved = await next(specifier, context);
  return isWanted(specifier, context) ? wrap(specifier, resolved) : resolved;
}

export async function load(url: string, context: object, next: NextLoad): Promise<object> {
  const source = sourceOf(url);
  return source === undefined ? next(url, context) : { format: 'module', source, shortCircuit: true };
}
