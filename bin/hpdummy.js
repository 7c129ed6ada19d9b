#!/usr/bin/env node
// Plain JavaScript, so that a Node that cannot run the origin says which one can instead of showing a stack trace.
import { existsSync, readFileSync } from 'node:fs'

const place = (path) => new URL(`../${path}`, import.meta.url)

const { engines } = JSON.parse(readFileSync(place('package.json'), 'utf8'))
const [, wantedMajor, wantedMinor] = /^>=(\d+)\.(\d+)\./.exec(engines.node).map(Number)
const [major, minor] = process.versions.node.split('.').map(Number)

// A checkout has the sources, a package what was compiled from them.
const isCheckout = existsSync(place('app/main.ts'))

if (major === wantedMajor && minor >= wantedMinor) {
  await import(isCheckout ? '../app/main.ts' : '../lib/main.js')
} else {
  const command = isCheckout ? '"npm start"' : 'hpdummy'
  process.stderr.write(
    `hpdummy: this is Node ${process.versions.node}, but hpdummy needs Node ${wantedMajor}.${wantedMinor} or a later ${wantedMajor}; ` +
      `npm can bring it: npx -y -p node@${wantedMajor} -c ${command}\n`,
  )
  process.exitCode = 2
}
