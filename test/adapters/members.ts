/** What objects have of their own and from their classes, to see whether something else is in its place. */
export function membersOf(...objects: object[]): unknown[] {
  return objects.flatMap((object) => {
    const members: unknown[] = [];
    for (
      let owner: object | null = object;
      owner !== null && owner !== Object.prototype;
      owner = Object.getPrototypeOf(owner) as object | null
    )
      for (const [name, { value, get, set }] of Object.entries(Object.getOwnPropertyDescriptors(owner)))
        members.push(name, value, get, set);
    return members;
  });
}
