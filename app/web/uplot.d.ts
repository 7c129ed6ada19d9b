// The pages know the chart library by the place it is served from (runtime/pages.ts).
import uPlot from 'uplot'

export default uPlot
