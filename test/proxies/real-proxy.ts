import { readFileSync } from 'node:fs'

import type { OpenPorts } from '../support/origin.ts'

/** Where a proxy is to run. */
export interface Place {
  /** A directory of its own, which goes with it. */
  readonly directory: string
  /** Where clients come to. */
  readonly port: number
  /** The port of the origin that it leads to. */
  readonly traffic: number
  readonly ports: OpenPorts
}

/** One configuration of a proxy. */
export interface Setup {
  /** `default`: what forwards, and no more. `tuned`: as docs/proxies.md prints it. */
  readonly name: string
  /** What it has beyond the least that forwards, in a few words. */
  readonly about: string
  /** The text that a user would write. */
  readonly configuration: (place: Place) => string
}

/** A proxy of other people's: one file, listed in table.ts. */
export interface RealProxy {
  /** As docs/proxies.md has it in a heading. */
  readonly name: string
  /** Where the program comes from. */
  readonly source: string
  /** The path of the program; undefined where it is not installed. */
  readonly find: () => string | undefined
  /** Installs the program: false when it is there, else why it cannot be had. */
  readonly install?: () => string | false
  /** Words that have it tell its version, and where the version stands in what it says. */
  readonly version: { readonly words: readonly string[]; readonly in: RegExp }
  readonly setups: readonly Setup[]
  /** Writes what it needs for a configuration, and returns the words that start it in the foreground. */
  readonly prepare: (configuration: string, place: Place) => readonly string[]
}

/** The configuration that docs/proxies.md prints under a heading. */
export function printedSetup(heading: string, about: string): Setup {
  return { name: 'tuned', about, configuration: (place) => printed(heading, place) }
}

function printed(heading: string, { port, traffic, ports }: Place): string {
  const text = readFileSync('docs/proxies.md', 'utf8')
  const section = new RegExp(`^## ${heading}\n([^]*?)(?=^## |(?![^]))`, 'm').exec(text)?.[1] ?? ''
  const block = /^```\w+\n([^]*?)^```/m.exec(section)?.[1]
  if (block === undefined) throw new Error(`docs/proxies.md has no configuration of ${heading}`)
  const own: Readonly<Record<string, number>> = {
    8000: port,
    8080: traffic,
    8081: ports.wire,
    9000: ports.admin,
  }
  return block.replaceAll(/\b(?:8000|8080|8081|9000)\b/g, (number) => String(own[number]))
}
