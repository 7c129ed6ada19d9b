module hpdummy/bench/tcpserver

go 1.26.0

require (
	github.com/maurice2k/tcpserver v1.2.0
	github.com/valyala/fasthttp v1.77.0
)

require (
	github.com/klauspost/compress v1.20.3 // indirect
	github.com/maurice2k/ultrapool v1.1.1 // indirect
	github.com/molecule-man/go-brrr v1.3.0 // indirect
	github.com/valyala/bytebufferpool v1.0.0 // indirect
)

// As in ../fasthttp: Brotli only, which is never spoken here.
replace github.com/molecule-man/go-brrr => github.com/molecule-man/go-brrr v1.0.1
