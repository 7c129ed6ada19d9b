import type { DashboardText } from './frame.ts'
import { graph, heatmap } from './panels.ts'
import {
  asked,
  duration,
  durationBuckets,
  orZero,
  quantileOf,
  rate,
  requests,
  series,
  statuses,
  sum,
} from './queries.ts'

const requestPanels = [
  graph({
    title: 'Rate by route',
    description: 'Requests a second by the endpoint’s path, as /help lists them.',
    unit: 'reqps',
    queries: [[sum('http_route', requests()), '{{http_route}}']],
  }),
  graph({
    title: 'Rate by status',
    description: 'All answers, those a client asked to be errors included.',
    unit: 'reqps',
    isStacked: true,
    queries: [[sum('http_response_status_code', requests()), '{{http_response_status_code}}']],
  }),
  graph({
    title: 'Rate by listener and method',
    description: 'Which of the listeners answered, and what was asked of it.',
    unit: 'reqps',
    queries: [
      [sum('listener, http_request_method', requests()), '{{listener}} {{http_request_method}}'],
    ],
  }),
  heatmap({
    title: 'Durations',
    description:
      'From a request’s head to the end of its answer: how many fell into each bucket. Two bands are two kinds of work, or two kinds of pod.',
    unit: 's',
    queries: [[durationBuckets()]],
  }),
  graph({
    title: 'Requests under way',
    description:
      'Answers that outlive the turn of the event loop their request came in: streams, delays, large bodies.',
    unit: 'short',
    width: 12,
    queries: [[sum('pod', series('http_server_active_requests')), '{{pod}}']],
  }),
  graph({
    title: 'Median duration by route',
    description: 'Half of the answers of a route are faster.',
    unit: 's',
    width: 12,
    queries: [[duration(0.5, 'http_route'), '{{http_route}}']],
  }),
  graph({
    title: 'p99 duration by route',
    description: 'One in a hundred answers of a route is slower.',
    unit: 's',
    width: 12,
    queries: [[duration(0.99, 'http_route'), '{{http_route}}']],
  }),
]

const askedPanels = [
  graph({
    title: 'Errors: asked for, injected, refused, real',
    description:
      'Asked for: 400 and above on routes whose status a client chooses. Injected: 400 and above after a fault on any route. Refused: other answers that a client caused (400 to 499, and 501). Real: other answers of 500 and above.',
    unit: 'reqps',
    width: 12,
    queries: [
      [orZero(sum('', requests(statuses.failed, asked.status))), 'asked for'],
      [orZero(sum('', requests(statuses.failed, asked.injected))), 'injected'],
      [orZero(sum('', requests(statuses.clientFailed, asked.noStatus))), 'refused'],
      [orZero(sum('', requests(statuses.serverFailed, asked.noStatus))), 'real'],
    ],
  }),
  graph({
    title: 'Refused and real, by route',
    description: 'Where the errors are that nobody asked for.',
    unit: 'reqps',
    width: 12,
    queries: [
      [
        sum('http_route, http_response_status_code', requests(statuses.failed, asked.noStatus)),
        '{{http_response_status_code}} {{http_route}}',
      ],
    ],
    noValue: 'none',
  }),
  graph({
    title: 'p99 duration: waiting on purpose, and not',
    description:
      'Routes that wait because a client asked (delays, drips, streams); answers with an injected fault; and all others. Only the last is the origin’s own time.',
    unit: 's',
    width: 12,
    queries: [
      [duration(0.99, '', asked.time), 'waiting on purpose'],
      [duration(0.99, '', asked.injected), 'injected'],
      [duration(0.99, '', asked.noTime), 'not waiting'],
    ],
  }),
  graph({
    title: 'Broken on purpose',
    description: 'AI answers that are broken because a client asked; their status is 200.',
    unit: 'reqps',
    width: 12,
    queries: [[sum('http_route', requests(asked.brokenBody)), '{{http_route}}']],
    noValue: 'none',
  }),
]

const faultPanels = [
  graph({
    title: 'Faults done',
    description: 'Faults a second that happened, by name and listener.',
    unit: 'ops',
    width: 12,
    queries: [
      [
        sum('fault, listener', rate('hpdummy_faults_total', 'done="true"')),
        '{{fault}} {{listener}}',
      ],
    ],
    noValue: 'none',
  }),
  graph({
    title: 'Faults asked for and not done',
    description:
      'Faults a second that were asked for and did not happen: chance, a count or the end of the answer spared the exchange. Only these and none done: what you ask for never happens.',
    unit: 'ops',
    width: 12,
    queries: [
      [
        sum('fault, listener', rate('hpdummy_faults_total', 'done="false"')),
        '{{fault}} {{listener}}',
      ],
    ],
    noValue: 'none',
  }),
]

const connectionPanels = [
  graph({
    title: 'Open connections',
    description: 'By pod, WebSockets included.',
    unit: 'short',
    queries: [[sum('pod', series('hpdummy_connections', 'state="open"')), '{{pod}}']],
  }),
  graph({
    title: 'New connections',
    description: 'Accepted a second, by pod. Near the rate of requests, nobody reuses connections.',
    unit: 'cps',
    queries: [[sum('pod', rate('hpdummy_connections_opened_total')), '{{pod}}']],
  }),
  graph({
    title: 'Requests for each new connection',
    description:
      'How well the proxy reuses its connections to the origin: 1 is not at all. Nothing while no connection is opened.',
    unit: 'short',
    queries: [
      [
        `${sum('pod', requests())} / (${sum('pod', rate('hpdummy_connections_opened_total'))} > 0)`,
        '{{pod}}',
      ],
    ],
    noValue: 'no new connection',
  }),
  graph({
    title: 'Open WebSockets',
    description: 'By pod; they are part of the open connections.',
    unit: 'short',
    width: 12,
    queries: [[sum('pod', series('hpdummy_connections', 'state="websocket"')), '{{pod}}']],
  }),
  graph({
    title: 'WebSocket messages',
    description: 'Received a second, by pod.',
    unit: 'mps',
    width: 12,
    queries: [[sum('pod', rate('hpdummy_websocket_messages_total')), '{{pod}}']],
  }),
]

const bodyPanels = [
  graph({
    title: 'Response bodies',
    description: 'Sizes of response bodies.',
    unit: 'bytes',
    width: 12,
    queries: bodySizes('http_server_response_body_size_bytes'),
  }),
  graph({
    title: 'Request bodies',
    description: 'Sizes of request bodies, those of no bytes included.',
    unit: 'bytes',
    width: 12,
    queries: bodySizes('http_server_request_body_size_bytes'),
  }),
]

function bodySizes(name: string): readonly (readonly [string, string])[] {
  return [
    [quantileOf(name, 0.5), 'p50'],
    [quantileOf(name, 0.99), 'p99'],
    [`${sum('', rate(`${name}_sum`))} / ${sum('', rate(`${name}_count`))}`, 'mean'],
  ]
}

/** Rate, errors and duration, what of it was asked for, and how connections are used. */
export const traffic: DashboardText = {
  uid: 'hpdummy-traffic',
  title: 'hpdummy / Traffic',
  description:
    'Rate, errors and duration by route and status; what a client asked for apart from what went wrong; connections and their reuse.',
  rows: [
    ['Rate, errors, duration', requestPanels],
    ['Asked for, or real?', askedPanels],
    ['Faults', faultPanels],
    ['Connections and reuse', connectionPanels],
    ['Bodies', bodyPanels],
  ],
}
