// Students on the day of registration: pages, a form, a confirmation, up to 2,000 at once.
// (fastgo's k6-student-registration.js)
import { check, group, sleep } from 'k6'
import http from 'k6/http'
import { Rate, Trend } from 'k6/metrics'

import { between, number, stages, target } from './target.js'

const successes = new Rate('registration_success')
const latency = new Trend('registration_latency', true)
const pageLatency = new Trend('page_load_latency', true)
const errors = new Rate('errors')

const limit = `p(95)<${number('P95_MS', 500)}`

export const options = {
  scenarios: {
    students: {
      executor: 'ramping-vus',
      startVUs: 0,
      stages: stages('30s:500,1m:2000,2m:2000,30s:500,30s:0'),
      gracefulRampDown: '30s',
    },
  },
  thresholds: {
    http_req_duration: [limit],
    http_req_failed: ['rate<0.01'],
    registration_success: ['rate>0.95'],
  },
}

const subjects = ['MATH101', 'PHYS102', 'CHEM103', 'BIOL104', 'HIST105', 'COMP106']

/** Is there anybody? */
export function setup() {
  const { status } = http.get(`${target}/health`)
  check(status, { 'the origin is well': (code) => code === 200 })
  return { startedAt: Date.now() }
}

/** One student's way. */
export default function register() {
  const id = `STU${__VU}-${__ITER}`
  group('home page', () => page('/'))
  sleep(between(0.5, 1.5))
  group('subjects', () => page('/'))
  sleep(between(1, 2))
  group('registration', () => send(id))
  sleep(between(0.2, 0.5))
  group('confirmation', () => page('/'))
}

function page(path) {
  const { status, timings } = http.get(`${target}${path}`)
  pageLatency.add(timings.duration)
  errors.add(!check(status, { 'the page is there': (code) => code === 200 }))
}

function send(id) {
  const first = Math.floor(Math.random() * (subjects.length - 2))
  const form = {
    student_id: id,
    email: `${id.toLowerCase()}@university.example`,
    subjects: subjects.slice(first, first + 3),
    action: 'register',
  }
  const headers = { 'Content-Type': 'application/json', 'X-Student-ID': id }
  const answer = http.post(`${target}/`, JSON.stringify(form), { headers })
  latency.add(answer.timings.duration)
  const isRegistered = check(answer, {
    'the form arrived': ({ status, body }) => status === 200 && body.includes(id),
  })
  successes.add(isRegistered)
  errors.add(!isRegistered)
}

/** How long it all took. */
export function teardown({ startedAt }) {
  console.log(`registration was open for ${Math.round((Date.now() - startedAt) / 1000)} s`)
}
