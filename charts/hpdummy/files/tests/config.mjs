// Every pod runs with the ConfigMap as it is now, all of it. The kubelet brings a change within a minute or
// two, so a difference is waited out for that long.
import assert from 'node:assert/strict'
import { lookup } from 'node:dns/promises'
import { readFileSync, readdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

const { hostname, port } = new URL(process.env.ADMIN)
const directory = process.env.SETTINGS
const wanted = readdirSync(directory)
  .filter((name) => !name.startsWith('.'))
  .map((name) => [name, readFileSync(`${directory}/${name}`, 'utf8').trim()])
const deadline = Date.now() + Number(process.env.PATIENCE_MS ?? 150_000)

// Times, sizes and counts are shown in the largest unit that divides them.
const units = [
  { ns: 1e-6, us: 1e-3, ms: 1, '': 1, s: 1e3, m: 6e4, h: 3.6e6 },
  { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 },
  { '': 1, k: 1e3, m: 1e6, g: 1e9 },
]

function amount(text, factors) {
  const [, number, unit = ''] = /^([\d.]+)([a-z]*)$/i.exec(text) ?? []
  return Number(number) * factors[unit.toLowerCase()]
}

const isSame = (one, other) =>
  one === other || units.some((factors) => amount(one, factors) === amount(other, factors))

function check({ conditions, effective, origins }) {
  const state = Object.fromEntries(conditions.map(({ type, status }) => [type, status]))
  assert.deepEqual(state, { Accepted: 'True', Applied: 'True', RestartRequired: 'False' })
  for (const [name, text] of wanted) {
    // Flags and variables win over the ConfigMap.
    if (/^(?:--|HPDUMMY_)/.test(origins[name])) continue
    assert.ok(isSame(text, effective[name]), `${name} is ${effective[name]} and not ${text}`)
  }
}

async function look() {
  const addresses = await lookup(hostname, { all: true })
  // With two families every pod has two addresses; one is enough.
  const [{ family }] = addresses
  const pods = addresses.filter((address) => address.family === family)
  for (const { address } of pods) {
    const host = family === 6 ? `[${address}]` : address
    const signal = AbortSignal.timeout(5_000)
    const answer = await fetch(`http://${host}:${port}/configz`, { signal })
    assert.equal(answer.status, 200)
    check(await answer.json())
  }
  return `${pods.length} pods run with all ${wanted.length} settings`
}

for (;;) {
  try {
    process.stdout.write(`${await look()}\n`)
    break
  } catch (error) {
    if (Date.now() > deadline) throw error
    await sleep(500)
  }
}
