module hpdummy/bench/fasthttp

go 1.26.0

require github.com/valyala/fasthttp v1.77.0

require (
	github.com/klauspost/compress v1.20.3 // indirect
	github.com/molecule-man/go-brrr v1.3.0 // indirect
	github.com/valyala/bytebufferpool v1.0.0 // indirect
)

// Brotli only, which this peer never speaks: module mirrors were seen to withhold v1.3.0's archive,
// and fasthttp builds as well on the version before it.
replace github.com/molecule-man/go-brrr => github.com/molecule-man/go-brrr v1.0.1
