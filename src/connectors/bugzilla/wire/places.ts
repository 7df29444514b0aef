export type Places = <T>(visitor: string, work: () => Promise<T>) => Promise<T>

/** Lets in, in the order they come, as many at once as are allowed for the one that is next. */
export function createPlaces(most: (visitor: string) => number): Places {
  const waiting: { readonly visitor: string; enter(): void }[] = []
  let inside = 0

  function letIn(): void {
    for (let next = waiting[0]; next !== undefined && inside < most(next.visitor); next = waiting[0]) {
      waiting.shift()
      inside += 1
      next.enter()
    }
  }

  return async (visitor, work) => {
    await new Promise<void>((enter) => {
      waiting.push({ visitor, enter })
      letIn()
    })
    try {
      return await work()
    } finally {
      inside -= 1
      letIn()
    }
  }
}
