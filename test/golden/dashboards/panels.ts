// The few kinds of panel the dashboards are made of, each drawn the same way everywhere.
import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog'
import {
  BigValueColorMode,
  BigValueGraphMode,
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common'
import {
  type Panel,
  type ValueMapping,
  FieldColorBuilder,
  FieldColorModeId,
  type Threshold,
  ThresholdsConfigBuilder,
  ThresholdsMode,
} from '@grafana/grafana-foundation-sdk/dashboard'
import {
  PanelBuilder as HeatmapBuilder,
  HeatmapTooltipBuilder,
  YAxisConfigBuilder,
} from '@grafana/grafana-foundation-sdk/heatmap'
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus'
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat'
import { PanelBuilder as StateTimelineBuilder } from '@grafana/grafana-foundation-sdk/statetimeline'
import { PanelBuilder as TableBuilder } from '@grafana/grafana-foundation-sdk/table'
import { PanelBuilder as TimeSeriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries'

/** The data source every query goes to: the one chosen at the top. */
export const datasource = { type: 'prometheus', uid: '${datasource}' } as const

/** Colours from good to bad, and none of the two. */
export const colours = { good: 'green', fair: 'orange', bad: 'red', neutral: 'text' } as const

/** A query and how its series are called, with `{{label}}` for their labels. */
export type Query = readonly [expr: string, legend?: string]

/** What every panel says. */
export interface PanelText {
  readonly title: string
  /** What it tells and how to read it, shown behind the i of the panel. */
  readonly description: string
  /** Of Grafana's list: reqps, s, Bps, percentunit, short, ... */
  readonly unit: string
  readonly queries: readonly Query[]
  /** Of 24 columns. */
  readonly width?: number
  readonly mappings?: readonly ValueMapping[]
  /** From which value on which colour; the first is that of everything below. */
  readonly thresholds?: readonly Threshold[]
  /** Said in place of a value when there is none. */
  readonly noValue?: string
}

/** A panel that takes the place after the one before it. */
export type PanelSource = Builder<Panel>

const rowHeight = 8
const statHeight = 4

/** Lines over time. */
export function graph(
  text: PanelText & { readonly min?: number; readonly max?: number; readonly isStacked?: boolean },
): PanelSource {
  const { min = 0, max, isStacked = false, thresholds } = text
  const panel = describe(new TimeSeriesBuilder(), { width: 8, ...text })
    .height(rowHeight)
    .min(min)
    .lineWidth(1)
    .fillOpacity(isStacked ? 30 : 10)
    .showPoints(VisibilityMode.Never)
    .legend(legend())
    .tooltip(tooltip())
  if (max !== undefined) panel.max(max)
  if (isStacked) panel.stacking(new StackingConfigBuilder().mode(StackingMode.Normal))
  if (thresholds === undefined) return panel
  const style = new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Area)
  return panel.thresholdsStyle(style)
}

/** One number of now, or of the whole time shown when its query says so. */
export function stat(text: PanelText & { readonly isBackground?: boolean }): PanelSource {
  const { isBackground = false, thresholds = [{ value: null, color: colours.neutral }] } = text
  return describe(new StatBuilder(), { width: 4, ...text, thresholds }, { isInstant: isBackground })
    .height(statHeight)
    .colorMode(isBackground ? BigValueColorMode.Background : BigValueColorMode.Value)
    .graphMode(isBackground ? BigValueGraphMode.None : BigValueGraphMode.Area)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']))
}

/** Coloured bands, one for each series, with what its value means. */
export function timeline(text: PanelText): PanelSource {
  return describe(new StateTimelineBuilder(), { width: 12, ...text })
    .height(rowHeight)
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.Thresholds))
    .showValue(VisibilityMode.Auto)
    .mergeValues(true)
    .rowHeight(0.8)
    .legend(new VizLegendOptionsBuilder().showLegend(false))
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Single))
}

/** The rows of now, one for each series, one column for each label. */
export function table(text: PanelText): PanelSource {
  return describe(new TableBuilder(), { width: 12, ...text }, { isInstant: true, format: 'table' })
    .height(rowHeight)
    .withTransformation({
      id: 'organize',
      options: { excludeByName: { Time: true, Value: true }, indexByName: {}, renameByName: {} },
    })
}

/** How many fell into each bucket of a histogram, over time. */
export function heatmap(text: PanelText): PanelSource {
  return describe(new HeatmapBuilder(), { width: 12, ...text }, { format: 'heatmap' })
    .height(rowHeight)
    .calculate(false)
    .yAxis(new YAxisConfigBuilder().unit(text.unit))
    .tooltip(new HeatmapTooltipBuilder().mode(TooltipDisplayMode.Single).yHistogram(true))
}

/** A threshold of each value; the first colour is that of all below. */
export function from(
  first: string,
  ...steps: readonly (readonly [value: number, color: string])[]
): readonly Threshold[] {
  return [{ value: null, color: first }, ...steps.map(([value, color]) => ({ value, color }))]
}

// What all builders of panels have in common; they have no type for it themselves.
interface AnyPanelBuilder extends PanelSource {
  title(title: string): this
  description(description: string): this
  unit(unit: string): this
  span(width: number): this
  datasource(reference: typeof datasource): this
  withTarget(query: Builder<Dataquery>): this
  mappings(mappings: ValueMapping[]): this
  thresholds(thresholds: ThresholdsConfigBuilder): this
  noValue(text: string): this
}

interface Asking {
  readonly isInstant?: boolean
  readonly format?: 'time_series' | 'table' | 'heatmap'
}

function describe<B extends AnyPanelBuilder>(
  panel: B,
  { title, description, unit, queries, width = 8, mappings, thresholds, noValue }: PanelText,
  asking: Asking = {},
): B {
  panel.title(title).description(description).unit(unit).span(width).datasource(datasource)
  for (const [index, query] of queries.entries()) {
    panel.withTarget(target(query, 'ABCDEFGH'.charAt(index), asking))
  }
  if (mappings !== undefined) panel.mappings([...mappings])
  if (thresholds !== undefined) {
    const steps = new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute)
    panel.thresholds(steps.steps([...thresholds]))
  }
  if (noValue !== undefined) panel.noValue(noValue)
  return panel
}

const formats = {
  time_series: PromQueryFormat.TimeSeries,
  table: PromQueryFormat.Table,
  heatmap: PromQueryFormat.Heatmap,
} as const

function target(
  [expr, legendFormat = '__auto']: Query,
  refId: string,
  { isInstant = false, format = 'time_series' }: Asking,
): Builder<Dataquery> {
  const query = new DataqueryBuilder()
    .refId(refId)
    .datasource(datasource)
    .expr(expr)
    .format(formats[format])
    // A bucket's bound is its name.
    .legendFormat(format === 'heatmap' ? '{{le}}' : legendFormat)
  return isInstant ? query.instant() : query.range()
}

function legend(): VizLegendOptionsBuilder {
  return new VizLegendOptionsBuilder()
    .showLegend(true)
    .displayMode(LegendDisplayMode.List)
    .placement(LegendPlacement.Bottom)
}

function tooltip(): VizTooltipOptionsBuilder {
  const all = new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi)
  return all.sort(SortOrder.Descending)
}
