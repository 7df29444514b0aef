import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'

/** Another program that takes activities by HTTP and posts them on. */
export interface Peer {
  readonly name: string
  /** How it is set up, and what it does not do that the relay does. */
  readonly note: string
  /** What part of the activities it gets, since it is much slower. */
  readonly part?: number
  /** @returns null if it is not installed, or a reason */
  start(setup: PeerSetup): Promise<RunningPeer | string>
}

export interface PeerSetup {
  /** Its own, and empty. */
  readonly folder: string
  /** Where it posts what it gets. */
  readonly target: string
}

export interface RunningPeer {
  readonly origin: string
  readonly path: string
  readonly pid: number
  readonly version: string
  stop(): Promise<void>
}

/** A package of a peer. */
export interface Installed {
  readonly folder: string
  readonly version: string
  /** Resolves a module name as the package's user would. */
  resolve(name: string): string
}

/** Looks into the folder that BENCH_PEERS names, then into the project's own packages. @returns null if it is not there */
export function installed(name: string): Installed | null {
  const homes = [process.env.BENCH_PEERS, '.'].flatMap((home) =>
    home === undefined || home === '' ? [] : resolve(home),
  )
  for (const home of homes) {
    const manifest = join(home, 'node_modules', name, 'package.json')
    if (!existsSync(manifest)) continue
    const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }
    return { folder: dirname(manifest), version, resolve: createRequire(join(home, 'package.json')).resolve }
  }
  return null
}
