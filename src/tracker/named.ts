/** What a table has of its own by this name: a tool may send a name that every object has, such as constructor. */
export function named<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined
}
