package main

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/valyala/fasthttp"
)

type usage struct {
	PromptTokens     int `json:"prompt_tokens"`
	CompletionTokens int `json:"completion_tokens"`
	InputTokens      int `json:"input_tokens"`
	OutputTokens     int `json:"output_tokens"`
	TotalTokens      int `json:"total_tokens"`
}

// echo has the origin's fields in the origin's order, so that both spend on the same answer.
type echo struct {
	Hostname           string         `json:"_myhostname"`
	Method             string         `json:"method"`
	URI                string         `json:"uri"`
	Path               string         `json:"path"`
	Query              string         `json:"query"`
	HTTPVersion        string         `json:"http_version"`
	Headers            map[string]any `json:"headers"`
	ContentType        string         `json:"content_type"`
	Body               string         `json:"body"`
	BodySize           int            `json:"body_size"`
	Usage              usage          `json:"usage"`
	SourceAddress      string         `json:"source_addr"`
	DestinationAddress string         `json:"destination_addr"`
	RequestID          string         `json:"request_id"`
	Listener           string         `json:"listener"`
}

type uploadEcho struct {
	echo
	BytesReceived int   `json:"bytes_received"`
	DurationMs    int64 `json:"duration_ms"`
}

var hostname, _ = os.Hostname()

// uploadReadBytes is past where a longer read makes an upload faster (test/bench/README.md, Peers).
var uploadReadBytes = 256 << 10

var uploadBuffers = sync.Pool{New: func() any {
	buffer := make([]byte, uploadReadBytes)
	return &buffer
}}

// randomUUID is RFC 9562 version 4, as crypto.randomUUID makes in the origin.
func randomUUID() string {
	var id [16]byte
	rand.Read(id[:])
	id[6] = id[6]&0x0f | 0x40
	id[8] = id[8]&0x3f | 0x80
	var text [36]byte
	hex.Encode(text[:8], id[:4])
	hex.Encode(text[9:13], id[4:6])
	hex.Encode(text[14:18], id[6:8])
	hex.Encode(text[19:23], id[8:10])
	hex.Encode(text[24:], id[10:])
	text[8], text[13], text[18], text[23] = '-', '-', '-', '-'
	return string(text[:])
}

// collectHeaders gives name to value; a repeated name becomes a list.
func collectHeaders(header *fasthttp.RequestHeader) map[string]any {
	headers := make(map[string]any, 8)
	for key, value := range header.All() {
		name := string(key)
		switch earlier := headers[name].(type) {
		case nil:
			headers[name] = string(value)
		case string:
			headers[name] = []string{earlier, string(value)}
		case []string:
			headers[name] = append(earlier, string(value))
		}
	}
	return headers
}

func describe(ctx *fasthttp.RequestCtx, body []byte) echo {
	header := &ctx.Request.Header
	id := string(header.Peek("X-Request-ID"))
	if id == "" {
		id = randomUUID()
	}
	ctx.Response.Header.Set("X-Request-ID", id)
	return echo{
		Hostname:           hostname,
		Method:             string(ctx.Method()),
		URI:                string(ctx.URI().FullURI()),
		Path:               string(ctx.Path()),
		Query:              string(ctx.URI().QueryString()),
		HTTPVersion:        strings.TrimPrefix(string(header.Protocol()), "HTTP/"),
		Headers:            collectHeaders(header),
		ContentType:        string(header.ContentType()),
		Body:               string(body),
		BodySize:           len(body),
		Usage:              usage{1, 2, 100, 200, 300},
		SourceAddress:      ctx.RemoteAddr().String(),
		DestinationAddress: ctx.LocalAddr().String(),
		RequestID:          id,
		Listener:           "fast",
	}
}

func answerJSON(ctx *fasthttp.RequestCtx, value any) {
	text, err := json.Marshal(value)
	if err != nil {
		ctx.Error(err.Error(), fasthttp.StatusInternalServerError)
		return
	}
	ctx.Response.Header.SetContentType("application/json")
	ctx.Response.SetBodyRaw(text)
}

func answerEcho(ctx *fasthttp.RequestCtx) {
	answerJSON(ctx, describe(ctx, ctx.PostBody()))
}

func answerUpload(ctx *fasthttp.RequestCtx) {
	started := time.Now()
	buffer := uploadBuffers.Get().(*[]byte)
	defer uploadBuffers.Put(buffer)
	received := 0
	for body := ctx.RequestBodyStream(); body != nil; {
		n, err := body.Read(*buffer)
		received += n
		if err == io.EOF {
			break
		}
		if err != nil {
			ctx.Error(err.Error(), fasthttp.StatusBadRequest)
			return
		}
	}
	facts := describe(ctx, nil)
	facts.BodySize = received
	answerJSON(ctx, uploadEcho{facts, received, time.Since(started).Milliseconds()})
}
