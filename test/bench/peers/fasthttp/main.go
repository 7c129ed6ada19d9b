// The fasthttp peer: the origin's answers, written the way a Go programmer would write them for
// speed. Run with GOMAXPROCS=1, so that it has the one core the others have.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"log"

	"github.com/valyala/fasthttp"
)

const (
	blockBytes = 256 << 10 // one write of a download: as in the origin and the C peer
	attachment = `attachment; filename="data.bin"`
)

// block is the pattern every download is a slice of.
var block = bytes.Repeat([]byte("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"), blockBytes/36+1)[:blockBytes]

// payload is a download of a known size, written from the shared block without a copy.
type payload struct{ left int64 }

func (p *payload) Read(target []byte) (int, error) {
	if p.left == 0 {
		return 0, io.EOF
	}
	n := copy(target, block[:min(p.left, blockBytes)])
	p.left -= int64(n)
	return n, nil
}

// WriteTo spares fasthttp its copy through a 4 KiB buffer.
func (p *payload) WriteTo(writer io.Writer) (int64, error) {
	var written int64
	for p.left > 0 {
		n, err := writer.Write(block[:min(p.left, blockBytes)])
		written += int64(n)
		p.left -= int64(n)
		if err != nil {
			return written, err
		}
	}
	return written, nil
}

func answerDownload(ctx *fasthttp.RequestCtx, sizeBytes int) {
	ctx.Response.Header.SetContentType("application/octet-stream")
	ctx.Response.Header.Set(fasthttp.HeaderContentDisposition, attachment)
	if sizeBytes <= blockBytes {
		ctx.SetBody(block[:sizeBytes])
		return
	}
	ctx.SetBodyStream(&payload{int64(sizeBytes)}, sizeBytes)
}

func answer(ctx *fasthttp.RequestCtx) {
	switch string(ctx.Path()) {
	case "/bin/1K":
		answerDownload(ctx, 1<<10)
	case "/bin/1G":
		answerDownload(ctx, 1<<30)
	case "/upload":
		answerUpload(ctx)
	default:
		answerEcho(ctx)
	}
}

func main() {
	port := flag.Int("port", 0, "port on 127.0.0.1")
	streamBodies := flag.Bool("stream-bodies", false, "read bodies as streams: for uploads")
	flag.IntVar(&uploadReadBytes, "upload-read", uploadReadBytes, "bytes asked of one upload read")
	flag.Parse()
	server := &fasthttp.Server{
		Handler:               answer,
		StreamRequestBody:     *streamBodies,
		NoDefaultServerHeader: true,
		MaxRequestBodySize:    1 << 20,
	}
	log.Fatal(server.ListenAndServe(fmt.Sprintf("127.0.0.1:%d", *port)))
}
